import Tessera
import TesseraReference

/// Compares operators with the Float64 oracle: every variant that this machine has, on 1, 2, 3 and 8 threads.
public struct Verifier: Sendable {
  /// What random values and dropout's decisions follow from.
  public let seed: UInt64
  private let pools: [WorkerPool]

  /// More threads than work items and than processors must give the same bits too.
  public static let threadCounts = [1, 2, 3, 8]

  public init(seed: UInt64 = 1) throws(TesseraError) {
    self.seed = seed
    var pools: [WorkerPool] = []
    for count in Self.threadCounts { pools.append(try WorkerPool(threadCount: count)) }
    self.pools = pools
  }

  /// Runs all cases of an operator, or the one of this number, on the variants of this name, or on all.
  public func verify(
    _ entry: OperatorEntry, variant wanted: String? = nil, caseNumber: Int? = nil
  ) throws(TesseraError) -> OperatorVerification {
    let name = entry.descriptor.name
    guard let reference = ReferenceCatalog.operators[name] else {
      throw .unavailable(what: "oracle", name: name, available: ReferenceCatalog.operators.keys.sorted())
    }
    let cases = try CaseList.cases(for: entry.descriptor)
    if let caseNumber, !cases.indices.contains(caseNumber) {
      throw .invalidOperand(
        operation: name, operand: "case", expected: "0 to \(cases.count - 1)", actual: "\(caseNumber)")
    }
    let variants = entry.verifiedVariants.filter { wanted == nil || $0.name == wanted }
    guard wanted == nil || !variants.isEmpty else {
      throw .unavailable(what: "variant", name: wanted!, available: entry.verifiedVariants.map(\.name))
    }
    let runnable = variants.filter { $0.reasonToSkip == nil }
    var result = OperatorVerification(
      operatorName: name,
      rows: runnable.flatMap { variant in
        Self.threadCounts.map { VerificationRow(operatorName: name, variant: variant.name, threads: $0) }
      },
      skipped: variants.compactMap { variant in
        variant.reasonToSkip.map { SkippedVariant(operatorName: name, variant: variant.name, reason: $0) }
      })
    for (number, verificationCase) in cases.enumerated() where caseNumber == nil || caseNumber == number {
      let runner = try CaseRunner(entry, reference: reference, verificationCase, index: number, seed: seed)
      for (variantIndex, variant) in runnable.enumerated() {
        for (poolIndex, outcome) in runner.run(variant, pools: pools).enumerated() {
          result.rows[variantIndex * pools.count + poolIndex]
            .add(outcome, caseNumber: number, description: verificationCase.description, seed: seed)
        }
      }
    }
    return result
  }
}
