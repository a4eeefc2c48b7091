import Foundation
import Tessera
import Testing

/// Gradients that are sums over a whole vocabulary: their errors may not grow as those of one chain do.
@Suite struct LinearCrossEntropyLongSumTests {
  private static let (rows, columns, depth) = (6, 49_152, 64)
  /// The greatest error of PyTorch 2.15's product of these logits' gradients and weights was 1.1e-6, that of one chain
  /// over all columns 2.0e-5.
  private static let largestError = 2.2e-6

  private let input = SamplingTests.uniform(Self.rows * Self.depth, seed: 1)
  private let weight = SamplingTests.uniform(Self.columns * Self.depth, seed: 2)
  private let targets = (0..<Self.rows).map { Int32($0 * 8191 + 5) }

  /// In one chunk and in several, with weights packed and not, on one thread and on several: the same bits.
  @Test(arguments: InstructionSet.available)
  func inputGradientsOverAVocabularyAreAsGoodAsShortSums(set: InstructionSet) throws {
    let gradient = try inputGradient(set, threads: 1)
    for row in [0, 3] {
      let expected = definition(of: row)
      for k in 0..<Self.depth {
        let error = abs(Double(gradient[row * Self.depth + k]) - expected[k])
        #expect(error <= Self.largestError, "row \(row), \(k)")
      }
    }
    #expect(try inputGradient(set, threads: 2, rowsPerChunk: 2) == gradient)
    #expect(try inputGradient(set, threads: 3, isPacked: true) == gradient)
  }

  private func inputGradient(
    _ set: InstructionSet, threads: Int, rowsPerChunk: Int? = nil, isPacked: Bool = false
  ) throws -> [Float] {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: threads), instructionSet: set)
    let layout = MatrixLayout(rows: Self.columns, columns: Self.depth)
    let plan = try LinearCrossEntropyPlan(
      input: MatrixLayout(rows: Self.rows, columns: Self.depth), weight: layout, isPacked: isPacked,
      options: CrossEntropyOptions(reduction: .sum, rowsPerChunk: rowsPerChunk), context: context)
    var losses = [Float](repeating: .nan, count: Self.rows)
    var ofInput = [Float](repeating: .nan, count: Self.rows * Self.depth)
    var ofWeight = [Float](repeating: .nan, count: Self.columns * Self.depth)
    if isPacked {
      let ofMap = try PackedWeights(weight.span, layout, context: context)
      let ofGradient = try PackedWeights(weight.span, layout, forInputGradient: true, context: context)
      _ = try plan.run(
        input.span, weight: ofMap, weightForInputGradient: ofGradient, targets: targets.span,
        losses: losses.mutableSpan, inputGradient: ofInput.mutableSpan, weightGradient: ofWeight.mutableSpan)
    } else {
      _ = try plan.run(
        input.span, weight: weight.span, targets: targets.span, losses: losses.mutableSpan,
        inputGradient: ofInput.mutableSpan, weightGradient: ofWeight.mutableSpan)
    }
    return ofInput
  }

  /// A row's gradient in double: the probabilities, less the target's 1, times the weights.
  private func definition(of row: Int) -> [Double] {
    let (columns, depth) = (Self.columns, Self.depth)
    var exponentials = [Double](repeating: 0, count: columns)
    for column in 0..<columns {
      var logit = 0.0
      for k in 0..<depth { logit += Double(input[row * depth + k]) * Double(weight[column * depth + k]) }
      exponentials[column] = exp(logit)
    }
    let total = exponentials.reduce(0, +)
    var gradient = [Double](repeating: 0, count: depth)
    for column in 0..<columns {
      let ofLogit = exponentials[column] / total - (column == Int(targets[row]) ? 1 : 0)
      for k in 0..<depth { gradient[k] += ofLogit * Double(weight[column * depth + k]) }
    }
    return gradient
  }
}
