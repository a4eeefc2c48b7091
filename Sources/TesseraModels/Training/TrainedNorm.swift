import Tessera

/// RMS norms of the residual stream and their gradients, planned. All norms of a decoder have one shape.
struct TrainedNorm {
  typealias Matrix = UnsafeMutableBufferPointer<Float>

  private let first: RMSNormPlan
  private let firstKept: RMSNormSavedTensors
  private let adding: BiasDropoutResidualRMSNormPlan
  private let again: RMSNormPlan
  private let ofWeight: RMSNormParameterGradientsPlan
  private let ofRows, ofRowsAdding: BiasDropoutResidualRMSNormGradientPlan

  init(rows: Int, sizes: DecoderConfiguration, context: ExecutionContext) throws(TesseraError) {
    let (layout, epsilon) = (MatrixLayout(rows: rows, columns: sizes.width), sizes.normEpsilon)
    first = try RMSNormPlan(input: layout, epsilon: epsilon, mode: .training, context: context)
    firstKept = try RMSNormSavedTensors(rows: rows)
    adding = try BiasDropoutResidualRMSNormPlan(
      input: layout, hasBias: false, dropout: nil, epsilon: epsilon, mode: .training, context: context)
    again = try RMSNormPlan(input: layout, epsilon: epsilon, context: context)
    ofWeight = try RMSNormParameterGradientsPlan(outputGradient: layout, context: context)
    ofRows = try BiasDropoutResidualRMSNormGradientPlan(outputGradient: layout, dropout: nil, context: context)
    ofRowsAdding = try BiasDropoutResidualRMSNormGradientPlan(
      outputGradient: layout, sumGradient: layout, dropout: nil, context: context)
  }

  /// Of the stream that is in `kept`, to which nothing has been added yet.
  func run(
    _ weight: Matrix, output: Matrix, keeping kept: BiasDropoutResidualRMSNormSavedTensors
  ) throws(TesseraError) {
    let stream = kept.sum.elements
    try first.run(stream.span, weight: weight.span, output: output.mutableSpan, keeping: firstKept)
    _ = kept.inverseRootMeanSquare.elements.update(fromContentsOf: firstKept.inverseRootMeanSquare.elements)
  }

  /// Of the stream with a block's result, whose sum is kept.
  func run(
    adding result: Matrix, to stream: Matrix, _ weight: Matrix, output: Matrix,
    keeping kept: BiasDropoutResidualRMSNormSavedTensors
  ) throws(TesseraError) {
    try adding.run(
      result.span, bias: nil, residual: stream.span, weight: weight.span, output: output.mutableSpan, keeping: kept)
  }

  /// Once more, of what was kept.
  func runAgain(
    _ kept: BiasDropoutResidualRMSNormSavedTensors, _ weight: Matrix, output: Matrix
  ) throws(TesseraError) {
    let stream = kept.sum.elements
    try again.run(stream.span, weight: weight.span, output: output.mutableSpan)
  }

  /// The gradient of the weight, and that of the stream in the place of the output's; together with `streamGradient`,
  /// which has come past the block, where there is one.
  func gradients(
    inPlace outputGradient: Matrix, _ kept: BiasDropoutResidualRMSNormSavedTensors, _ weight: Matrix,
    weightGradient: Matrix, adding streamGradient: Matrix?
  ) throws(TesseraError) {
    try ofWeight.run(outputGradient.span, kept: kept, weightGradient: weightGradient.mutableSpan)
    if let streamGradient {
      try ofRowsAdding.run(
        outputGradient.span, kept: kept, weight: weight.span, sumGradient: streamGradient.span,
        residualGradient: outputGradient.mutableSpan)
    } else {
      try ofRows.run(
        outputGradient.span, kept: kept, weight: weight.span, residualGradient: outputGradient.mutableSpan)
    }
  }
}
