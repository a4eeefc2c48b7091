import Tessera
import TesseraVerify
import Testing

/// The comparison itself must be able to fail.
@Suite struct ExpectedOutputTests {
  static let output = Operand("output", .matrix(.rows, .columns))

  private func compare(
    _ actual: [Float], with oracle: [Double], naive: [Float]? = nil, operand: Operand = output,
    values: CaseValues = .uniform
  ) -> Comparison {
    var verificationCase = VerificationCase([.rows: oracle.count / 2, .columns: 2])
    verificationCase.values = values
    return ExpectedOutput(
      operand, in: verificationCase, oracle: [operand.name: oracle], naive: naive ?? oracle.map { Float($0) }
    ).compare(actual)
  }

  @Test func fourUnitsInTheLastPlaceOfTheRowsLargestPass() {
    let ulp = Float.ulpOfOne
    #expect(compare([1, 0.5], with: [1, 0.5]).multiple == 0)
    #expect(compare([1, 0.5 + 4 * ulp], with: [1, 0.5]).passes)
    #expect(!compare([1, 0.5 + 5 * ulp], with: [1, 0.5]).passes)
    // The larger numbers of another row do not count.
    #expect(!compare([100, 100, 1, 0.5 + 5 * ulp], with: [100, 100, 1, 0.5]).passes)
  }

  @Test func theNaiveErrorCountsTwice() {
    let ulp = Float.ulpOfOne
    let naive: [Float] = [1 + 8 * ulp, 0.5]
    #expect(compare([1, 0.5 + 20 * ulp], with: [1, 0.5], naive: naive).passes)
    #expect(!compare([1, 0.5 + 21 * ulp], with: [1, 0.5], naive: naive).passes)
    #expect(!compare([1.01, 0.5], with: [1, 0.5], naive: naive).passes)
  }

  @Test func aNaiveOverflowExcusesNothing() {
    #expect(!compare([1.01, 0.5], with: [1, 0.5], naive: [.infinity, .nan]).passes)
  }

  @Test func nonFiniteValuesMustMatch() {
    #expect(compare([.nan, .infinity], with: [.nan, .infinity]).passes)
    for (actual, expected) in [
      (Float.nan, 1.0), (1, Double.nan), (.infinity, 1), (.infinity, -.infinity), (3e38, .infinity), (.nan, .infinity),
    ] {
      #expect(!compare([actual, 0], with: [expected, 0]).passes, "\(actual) for \(expected)")
    }
  }

  @Test func masksMustBeEqual() {
    let mask = Operand("mask", .matrix(.rows, .columns), .uint8, role: .mask)
    #expect(compare([1, 0], with: [1, 0], operand: mask).passes)
    #expect(!compare([1, 1], with: [1, 0], operand: mask).passes)
  }
}
