import Tessera
import Testing

/// Gradients of a norm's parameters where its output had two readers: those of the sum of what comes back from both.
@Suite struct ResidualNormParameterGradientTests {
  private let rows = 23
  private let columns = 77
  private var layout: MatrixLayout { MatrixLayout(rows: rows, columns: columns) }

  private func numbers(_ count: Int, seed: UInt64) throws -> [Float] {
    let buffer = try AlignedBuffer<Float>(uninitializedCount: count)
    fillUniform(buffer.elements, seed: seed)
    return Array(buffer.elements)
  }

  private func context(_ set: InstructionSet) throws -> ExecutionContext {
    ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set)
  }

  /// Σ over rows of each column.
  private func columnSums(_ matrix: [Float]) -> [Float] {
    (0..<columns).map { column in
      Float((0..<rows).reduce(0.0) { $0 + Double(matrix[$1 * columns + column]) })
    }
  }

  @Test(arguments: InstructionSet.available) func ofLayerNorm(set: InstructionSet) throws {
    let (count, context) = (rows * columns, try context(set))
    let (first, second) = (try numbers(count, seed: 1), try numbers(count, seed: 2))
    let inputGradient = try numbers(count, seed: 3)
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
    #expect(sum == zip(first, second).map { $0 + $1 })
    try layerNormParameterGradients(
      sum.span, layout, kept: kept, weightGradient: weightOfSum.mutableSpan, shiftGradient: shiftOfSum.mutableSpan,
      context: context)
    expectNear(weight, weightOfSum, tolerance: 2e-5)
    expectNear(shift, shiftOfSum, tolerance: 2e-5)
    expectNear(bias, columnSums(inputGradient), tolerance: 2e-5)
  }

  @Test(arguments: InstructionSet.available) func ofRMSNorm(set: InstructionSet) throws {
    let (count, context) = (rows * columns, try context(set))
    let (first, second) = (try numbers(count, seed: 1), try numbers(count, seed: 2))
    let inputGradient = try numbers(count, seed: 3)
    let kept = try BiasDropoutResidualRMSNormSavedTensors(rows: rows, columns: columns)
    fillUniform(kept.sum.elements, seed: 4)
    fillUniform(kept.inverseRootMeanSquare.elements, seed: 5)
    var sum = [Float](repeating: .nan, count: count)
    var weight = [Float](repeating: .nan, count: columns)
    var (bias, weightOfSum) = (weight, weight)
    try ResidualRMSNormParameterGradientsPlan(outputGradient: layout, context: context).run(
      first.span, adding: second.span, inputGradient: inputGradient.span, kept: kept, gradientSum: sum.mutableSpan,
      weightGradient: weight.mutableSpan, biasGradient: bias.mutableSpan)
    #expect(sum == zip(first, second).map { $0 + $1 })
    try rmsNormParameterGradients(
      sum.span, layout, kept: kept, weightGradient: weightOfSum.mutableSpan, context: context)
    expectNear(weight, weightOfSum, tolerance: 2e-5)
    expectNear(bias, columnSums(inputGradient), tolerance: 2e-5)
  }
}
