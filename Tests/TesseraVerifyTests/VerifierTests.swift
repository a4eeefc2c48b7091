import Tessera
import TesseraReference
import TesseraVerify
import Testing

/// An operator, by its name and those of its variants.
struct VerifiedOperator: CustomTestStringConvertible, Sendable {
  let entry: OperatorEntry

  var testDescription: String {
    "\(entry.descriptor.name): " + entry.verifiedVariants.map(\.name).joined(separator: ", ")
  }

  static let all = OperatorCatalog.entries.map { VerifiedOperator(entry: $0) }
}

/// Every operator and variant against the Float64 oracle.
@Suite struct VerifierTests {
  @Test func catalogAndOracleHaveTheSameOperators() {
    #expect(Set(OperatorCatalog.entries.map(\.descriptor.name)) == Set(ReferenceCatalog.operators.keys))
  }

  /// All variants together: the oracle takes most of the time.
  @Test(arguments: VerifiedOperator.all) func agreesWithTheOracle(verified: VerifiedOperator) throws {
    let variants = verified.entry.verifiedVariants.filter { $0.reasonToSkip == nil }
    let result = try Verifier().verify(verified.entry)
    for skipped in result.skipped {
      print("skipped: \(skipped.operatorName), \(skipped.variant): \(skipped.reason)")
    }
    let expected = variants.flatMap { variant in Verifier.threadCounts.map { "\(variant.name), \($0)" } }
    #expect(result.rows.map { "\($0.variant), \($0.threads)" } == expected)
    #expect(result.rows.allSatisfy { $0.shapes > 40 })
    for failure in result.failures {
      Issue.record("\(failure.shape): \(failure.messages.joined(separator: "; ")); again: \(failure.again)")
    }
  }

  @Test func anUnknownCaseIsAnError() throws {
    let entry = try OperatorCatalog.entry(named: "bias")
    #expect(throws: TesseraError.self) { try Verifier().verify(entry, caseNumber: 100_000) }
  }

  @Test func aReportCarriesTheFigures() throws {
    let entry = try OperatorCatalog.entry(named: "softmax")
    let result = try Verifier(seed: 5).verify(entry, variant: "portable", caseNumber: 4)
    let report = VerificationReport(seed: 5, [result])
    #expect(report.passed && report.rows.allSatisfy { $0.shapes == 1 })
    let json = try report.json()
    let keys = "seed passed operator variant threads shapes error tolerance multiple worstShape failures skipped"
    for key in keys.split(separator: " ") {
      #expect(json.contains("\"\(key)\""))
    }
    #expect(report.text.contains("seed 5") && report.text.contains("all 4 rows ok"))
  }
}
