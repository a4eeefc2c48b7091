import Tessera
import TesseraReference
import TesseraVerify
import Testing

/// An operator and one of its variants, by name.
struct VerifiedPair: CustomTestStringConvertible, Sendable {
  let entry: OperatorEntry
  let variant: VerifiedVariant

  var testDescription: String { "\(entry.descriptor.name), \(variant.name)" }

  static let all = OperatorCatalog.entries.flatMap { entry in
    entry.verifiedVariants.map { VerifiedPair(entry: entry, variant: $0) }
  }
}

/// Every operator and variant against the Float64 oracle.
@Suite struct VerifierTests {
  @Test func catalogAndOracleHaveTheSameOperators() {
    #expect(Set(OperatorCatalog.entries.map(\.descriptor.name)) == Set(ReferenceCatalog.operators.keys))
  }

  @Test(arguments: VerifiedPair.all) func agreesWithTheOracle(pair: VerifiedPair) throws {
    if let reason = pair.variant.reasonToSkip {
      // The test runner's own output says nothing of a cancelled argument.
      print("skipped: \(pair.testDescription): \(reason)")
      try Test.cancel("\(reason)")
    }
    let result = try Verifier().verify(pair.entry, variant: pair.variant.name)
    #expect(result.rows.map(\.threads) == Verifier.threadCounts)
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
