import Tessera

/// Tiled attention against our own materialised recipe on the same queries, keys and values.
public final class AttentionComparison {
  private let tiled: PreparedOperator
  private let operands: OperandStorage
  private let materialised: MaterialisedAttention

  /// Both are planned here and their memory touched; warm, as memory that is reused is. Throws where the problem is not
  /// attention, has options that the recipe lacks, or does not fit in memory.
  public init(_ problem: BenchProblem, context: ExecutionContext) throws(TesseraError) {
    guard let attention = problem.request.attention else {
      throw .invalidOperand(
        operation: "comparison", operand: "operator", expected: OperatorDescriptor.attention.name,
        actual: problem.descriptor.name)
    }
    tiled = try problem.entry.prepare(problem.request, context: context)
    let needed = Self.byteCount(problem)
    guard needed <= physicalMemoryBytes() / 4 * 3 else { throw .outOfMemory(byteCount: needed) }
    operands = try OperandStorage(problem.descriptor, extents: problem.request.extents, mode: problem.request.mode)
    materialised = try MaterialisedAttention(attention, on: operands.buffers, context: context)
  }

  /// Memory of both together; `Int.max` where it cannot be counted.
  static func byteCount(_ problem: BenchProblem) -> Int {
    guard let attention = problem.request.attention else { return 0 }
    let shared = OperandStorage.byteCount(
      problem.descriptor, extents: problem.request.extents, mode: problem.request.mode)
    let (sum, overflow) = shared.addingReportingOverflow(MaterialisedAttention.byteCount(attention))
    return overflow ? .max : sum
  }

  /// Runs both in turn, each first in every other pair, after two untimed pairs.
  public func run(pairs: Int) throws(TesseraError) -> PairedTimes {
    let times = try AlternatedTimes(
      pairs: pairs, first: { () throws(TesseraError) in try tiled.run(operands.buffers) },
      second: { () throws(TesseraError) in try materialised.run() })
    return PairedTimes(tiled: times.first, materialised: times.second)
  }

  /// The largest difference between the two outputs, after both have run.
  package var largestDifference: Float {
    let tiled = operands.buffers["output"]!.bindMemory(to: Float.self)
    return zip(tiled, materialised.output.elements).reduce(0) { largest, pair in
      let difference = abs(pair.0 - pair.1)
      return difference <= largest ? largest : difference
    }
  }
}
