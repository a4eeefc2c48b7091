import TesseraCore
import TesseraReference
import Testing

/// The element-wise definitions against values worked out by hand.
@Suite struct ElementwiseOracleTests {
  static let twoByTwo: Extents = [.rows: 2, .columns: 2]

  @Test func biasAddsToColumns() {
    let result = oracle("bias", Self.twoByTwo, ["input": [1, 2, 3, 4], "bias": [10, 20]])
    #expect(result["output"] == [11, 22, 13, 24])
  }

  @Test func scaleMultiplies() {
    let result = oracle("scale", Self.twoByTwo, ["input": [1, -2, 3, 4]]) { $0.scale = -0.5 }
    #expect(result["output"] == [-0.5, 1, -1.5, -2])
  }

  @Test func reluKeepsNaN() throws {
    let output = try #require(oracle("relu", Self.twoByTwo, ["input": [-1, .nan, 3, -.infinity]])["output"])
    #expect(output[0] == 0 && output[1].isNaN && output[2] == 3 && output[3] == 0)
  }

  @Test func residualAdds() {
    let result = oracle("residual", Self.twoByTwo, ["input": [1, 2, 3, 4], "residual": [4, 3, 2, -4]])
    #expect(result["output"] == [5, 5, 5, 0])
  }
}
