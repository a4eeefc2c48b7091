import TesseraCore
import TesseraReference
import Testing

/// The gradients of a linear map by hand, and against central differences of the map itself.
@Suite struct LinearGradientOracleTests {
  private let extents: Extents = [.rows: 2, .columns: 2, .depth: 3]

  @Test func byHand() {
    let outputGradient: [Double] = [1, 2, 3, 4]
    let ofInput = oracle(
      "linear-input-gradient", extents, ["output-gradient": outputGradient, "weight": [1, 0, -1, 2, 1, 0]])
    #expect(ofInput["input-gradient"] == [5, 2, -1, 11, 4, -3])
    let inputs = ["output-gradient": outputGradient, "input": [1, 2, 3, 4, 5, 6]]
    let ofWeight = oracle("linear-weight-gradient", extents, inputs)
    #expect(ofWeight["weight-gradient"] == [13, 17, 21, 18, 24, 30])
    #expect(ofWeight["bias-gradient"] == [4, 6])
    let earlier: [String: [Double]] = [
      "earlier-weight-gradient": [1, 0, 0, 0, 0, -30], "earlier-bias-gradient": [0, 10],
    ]
    let onto = oracle("linear-weight-gradient", extents, inputs.merging(earlier) { $1 }) { $0.isInPlace = true }
    #expect(onto["weight-gradient"] == [14, 17, 21, 18, 24, 0])
    #expect(onto["bias-gradient"] == [4, 16])
    let plain = oracle("linear-weight-gradient", extents, inputs) { $0.hasBias = false }
    #expect(plain["weight-gradient"] == ofWeight["weight-gradient"] && plain["bias-gradient"] == nil)
  }

  @Test(arguments: [(1, 1, 1), (2, 3, 4), (5, 2, 3), (4, 7, 1), (1, 5, 6)])
  func againstCentralDifferences(rows: Int, columns: Int, depth: Int) {
    let extents: Extents = [.rows: rows, .columns: columns, .depth: depth]
    let outputGradient = numbers(rows * columns, seed: 1)
    let input = numbers(rows * depth, seed: 2)
    let weight = numbers(columns * depth, seed: 3)
    let bias = numbers(columns, seed: 4)

    /// What has this output gradient.
    func loss(_ input: [Double], _ weight: [Double], _ bias: [Double]) -> Double {
      let product = oracle("linear", extents, ["input": input, "weight": weight])["output"]!
      let output = oracle(
        "bias", [.rows: rows, .columns: columns], ["input": product, "bias": bias])["output"]!
      return zip(output, outputGradient).reduce(0) { $0 + $1.0 * $1.1 }
    }
    func differences(_ values: [Double], _ loss: ([Double]) -> Double) -> [Double] {
      let step = 1e-3
      return values.indices.map { index in
        var (above, below) = (values, values)
        above[index] += step
        below[index] -= step
        return (loss(above) - loss(below)) / (2 * step)
      }
    }

    let ofInput = oracle("linear-input-gradient", extents, ["output-gradient": outputGradient, "weight": weight])
    let ofWeight = oracle("linear-weight-gradient", extents, ["output-gradient": outputGradient, "input": input])
    #expect(
      isClose(ofInput["input-gradient"], differences(input) { loss($0, weight, bias) }, tolerance: 1e-9))
    #expect(
      isClose(ofWeight["weight-gradient"], differences(weight) { loss(input, $0, bias) }, tolerance: 1e-9))
    #expect(isClose(ofWeight["bias-gradient"], differences(bias) { loss(input, weight, $0) }, tolerance: 1e-9))
  }
}
