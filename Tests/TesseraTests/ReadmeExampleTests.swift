import Foundation
import Tessera
import Testing

/// The README's example is compiled and run here, and must be the same text there.
@Suite struct ReadmeExampleTests {
  @Test func theExampleRuns() throws {
    // README begins
    let (rows, columns) = (512, 1024)
    let input = [Float](repeating: 0.5, count: rows * columns), residual = input
    let ones = [Float](repeating: 1, count: columns), zeros = [Float](repeating: 0, count: columns)
    var output = [Float](repeating: 0, count: rows * columns)

    let plan = try BiasDropoutResidualLayerNormPlan(
      input: MatrixLayout(rows: rows, columns: columns), dropout: Dropout(probability: 0.1, seed: 42), mode: .training)
    let kept = try BiasDropoutResidualLayerNormSavedTensors(rows: rows, columns: columns)
    try plan.run(
      input.span, bias: zeros.span, residual: residual.span, weight: ones.span, shift: zeros.span,
      output: output.mutableSpan, keeping: kept)
    // README ends

    // One element from the definition: with weight 1 and shift 0 the output is the normalised sum.
    let dropout = try Dropout(probability: 0.1, seed: 42)
    for column in 0..<64 {
      let sum = (dropout.keeps(row: 3, column: column) ? 0.5 * dropout.keepScale : 0) + 0.5
      #expect(kept.sum.elements[3 * columns + column] == sum)
      let expected = (sum - kept.mean.elements[3]) * kept.inverseDeviation.elements[3]
      #expect(abs(output[3 * columns + column] - expected) < 1e-5)
    }
  }

  @Test func theReadmeShowsIt() throws { try expectExample(of: #filePath, in: "README.md") }
}
