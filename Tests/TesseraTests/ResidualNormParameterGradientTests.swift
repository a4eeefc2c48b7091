import Tessera
import Testing

/// Gradients of a norm's parameters where its output had two readers: those of the sum of what comes back from both.
@Suite struct ResidualNormParameterGradientTests {
  private let rows = 23
  private let columns = 77
  private var layout: MatrixLayout { MatrixLayout(rows: rows, columns: columns) }
  private var count: Int { rows * columns }
  private let first: [Float]
  private let second: [Float]
  private let inputGradient: [Float]

  init() throws {
    let buffer = try AlignedBuffer<Float>(uninitializedCount: rows * columns)
    func numbers(seed: UInt64) -> [Float] {
      fillUniform(buffer.elements, seed: seed)
      return Array(buffer.elements)
    }
    (first, second, inputGradient) = (numbers(seed: 1), numbers(seed: 2), numbers(seed: 3))
  }

  private func context(_ set: InstructionSet) throws -> ExecutionContext {
    ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set)
  }

  /// Expects the sum of both, gradients beside those of that sum, and the bias's beside Σ over rows of each column.
  private func expect(sum: [Float], _ parameters: [(ofTwo: [Float], ofSum: [Float])], bias: [Float]) {
    #expect(sum == zip(first, second).map { $0 + $1 })
    for gradient in parameters { expectNear(gradient.ofTwo, gradient.ofSum, tolerance: 2e-5) }
    let columnSums = (0..<columns).map { column in
      Float((0..<rows).reduce(0.0) { $0 + Double(inputGradient[$1 * columns + column]) })
    }
    expectNear(bias, columnSums, tolerance: 2e-5)
  }

  @Test(arguments: InstructionSet.available) func ofLayerNorm(set: InstructionSet) throws {
    let context = try context(set)
    let kept = try BiasDropoutResidualLayerNormSavedTensors(rows: rows, columns: columns)
    fillUniform(kept.sum.elements, seed: 4)
    fillUniform(kept.mean.elements, seed: 5)
    fillUniform(kept.inverseDeviation.elements, seed: 6)
    var sum = [Float](repeating: .nan, count: count)
    var weight = [Float](repeating: .nan, count: columns)
    var (shift, bias, weightOfSum, shiftOfSum) = (weight, weight, weight, weight)
    try ResidualLayerNormParameterGradientsPlan(outputGradient: layout, context: context).run(
      first.span, adding: second.span, inputGradient: inputGradient.span, kept: kept, gradientSum: sum.mutableSpan,
      weightGradient: weight.mutableSpan, shiftGradient: shift.mutableSpan, biasGradient: bias.mutableSpan)
    try layerNormParameterGradients(
      sum.span, layout, kept: kept, weightGradient: weightOfSum.mutableSpan, shiftGradient: shiftOfSum.mutableSpan,
      context: context)
    expect(sum: sum, [(weight, weightOfSum), (shift, shiftOfSum)], bias: bias)
  }

  @Test(arguments: InstructionSet.available) func ofRMSNorm(set: InstructionSet) throws {
    let context = try context(set)
    let kept = try BiasDropoutResidualRMSNormSavedTensors(rows: rows, columns: columns)
    fillUniform(kept.sum.elements, seed: 4)
    fillUniform(kept.inverseRootMeanSquare.elements, seed: 5)
    var sum = [Float](repeating: .nan, count: count)
    var weight = [Float](repeating: .nan, count: columns)
    var (bias, weightOfSum) = (weight, weight)
    try ResidualRMSNormParameterGradientsPlan(outputGradient: layout, context: context).run(
      first.span, adding: second.span, inputGradient: inputGradient.span, kept: kept, gradientSum: sum.mutableSpan,
      weightGradient: weight.mutableSpan, biasGradient: bias.mutableSpan)
    try rmsNormParameterGradients(
      sum.span, layout, kept: kept, weightGradient: weightOfSum.mutableSpan, context: context)
    expect(sum: sum, [(weight, weightOfSum)], bias: bias)
  }
}
