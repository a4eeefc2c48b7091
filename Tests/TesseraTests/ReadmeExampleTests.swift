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
    let kept = try BiasDropoutResidualLayerNormActivations(rows: rows, columns: columns)
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

  @Test func theReadmeShowsIt() throws {
    let source = try String(contentsOf: URL(filePath: #filePath), encoding: .utf8)
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let begin = try #require(lines.firstIndex { $0.hasSuffix("// README begins") })
    let end = try #require(lines.firstIndex { $0.hasSuffix("// README ends") })
    let indentation = lines[begin].prefix { $0 == " " }.count
    let example = lines[begin + 1..<end].map { String($0.dropFirst(indentation)) }.joined(separator: "\n")

    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
    let shown = "```swift\nimport Tessera\n\n\(example)\n```"
    #expect(readme.contains(shown), "README.md does not show the example of \(#fileID) as it stands there")
  }
}
