import ArgumentParser
import Foundation
import Tessera
import TesseraReport
import TesseraVerify

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Compare operators with the Float64 oracle, variant by variant.",
    discussion: """
      Every operator runs on 1, 2, 3 and 8 threads over shapes around tile sizes, primes, single rows and columns, \
      empty ones, strided and in-place operands, and special values, in memory with inaccessible pages beside it. \
      Results must lie within 2 × error(naive Float) + 4·ε·s of the oracle and be the same bits for every thread \
      count. A row shows the shape that comes nearest to its tolerance, or exceeds it most: multiple is error over \
      tolerance. The exit status is 1 when anything fails.
      """)

  @Option(name: .customLong("operator"), help: "Only the operator of this name or label.")
  var operatorName: String?

  @Option(
    help: "Only the variant of this name: \(VerifiedVariant.names.joined(separator: ", ")); else TESSERA_ISA, else all."
  )
  var isa: String?

  @Option(parsing: .unconditional, help: "What random values follow from.")
  var seed: UInt64 = 1

  @Option(
    name: .customLong("case"), parsing: .unconditional,
    help: "With --operator: only its case of this number, as a failure names it.")
  var caseNumber: Int?

  @Option(help: "text or json.")
  var format: PlainFormat = .text

  func validate() throws {
    if let operatorName { _ = try catalogEntry(named: operatorName) }
    // Each operator counts its own cases.
    guard caseNumber == nil || operatorName != nil else { throw ValidationError("--case needs --operator") }
    if let isa {
      do { try Self.checkVariant(isa.lowercased()) } catch { throw ValidationError("--isa: \(error)") }
    }
  }

  func run() throws {
    var entries = OperatorCatalog.entries
    if let operatorName { entries = [try catalogEntry(named: operatorName)] }
    let variant = try variant()
    if let variant {
      try Self.checkVariant(variant)
      entries = entries.filter { entry in entry.verifiedVariants.contains { $0.name == variant } }
      guard !entries.isEmpty else {
        throw TesseraError.unavailable(
          what: "variant of \(operatorName ?? "any operator")", name: variant,
          available: try OperatorCatalog.entry(named: operatorName ?? "").verifiedVariants.map(\.name))
      }
    }
    FaultReport.install()
    let verifier = try Verifier(seed: seed)
    var results: [OperatorVerification] = []
    for entry in entries {
      let result = try namingOptions { () throws(TesseraError) in
        try verifier.verify(entry, variant: variant, caseNumber: caseNumber)
      }
      results.append(result)
    }
    let report = VerificationReport(seed: seed, results)
    try StandardOutput.write((format == .text ? report.text : try report.json()) + "\n")
    if !report.passed { throw ExitCode.failure }
  }

  /// The name that the flag gives, or the environment; nil for all. Throws for what is wrong in a variable that no flag
  /// overrides.
  private func variant() throws -> String? {
    let environment = ProcessInfo.processInfo.environment
    let context = try ExecutionContext.fromEnvironment { isa != nil && $0 == "TESSERA_ISA" ? nil : environment[$0] }
    return isa?.lowercased() ?? environment["TESSERA_ISA"].map { _ in context.instructionSet.rawValue }
  }

  /// Throws for a variant that no operator of this build has, or that this machine cannot run.
  private static func checkVariant(_ name: String) throws(TesseraError) {
    let variants = OperatorCatalog.entries.flatMap(\.verifiedVariants)
    let available = VerifiedVariant.names.filter { name in
      variants.contains { $0.name == name && $0.reasonToSkip == nil }
    }
    guard available.contains(name) else {
      throw .unavailable(what: "variant", name: name, available: available)
    }
  }
}
