import Tessera

/// A linear map without bias and its gradients, planned. All maps of a decoder share working memory.
struct TrainedLinear {
  private let forward: LinearPlan
  /// nil where it rides on another operator's plan.
  private let ofInput: LinearInputGradientPlan?
  private let ofWeight: LinearWeightGradientPlan

  /// Of rows × depth to rows × columns.
  init(
    rows: Int, columns: Int, depth: Int, hasInputGradient: Bool = true, workspace: GemmWorkspace,
    context: ExecutionContext
  ) throws(TesseraError) {
    let (input, output) = (MatrixLayout(rows: rows, columns: depth), MatrixLayout(rows: rows, columns: columns))
    let weight = MatrixLayout(rows: columns, columns: depth)
    forward = try LinearPlan(input: input, weight: weight, workspace: workspace, context: context)
    ofInput =
      hasInputGradient
      ? try LinearInputGradientPlan(
        outputGradient: output, weight: weight, workspace: workspace, context: context) : nil
    ofWeight = try LinearWeightGradientPlan(
      outputGradient: output, input: input, hasBias: false, workspace: workspace, context: context)
  }

  typealias Matrix = UnsafeMutableBufferPointer<Float>

  func run(_ input: Matrix, weight: Matrix, output: Matrix) throws(TesseraError) {
    try forward.run(input.span, weight: weight.span, output: output.mutableSpan)
  }

  /// Of a map that has a plan for it.
  func inputGradient(_ outputGradient: Matrix, weight: Matrix, to inputGradient: Matrix) throws(TesseraError) {
    try ofInput!.run(outputGradient.span, weight: weight.span, inputGradient: inputGradient.mutableSpan)
  }

  func weightGradient(_ outputGradient: Matrix, input: Matrix, to weightGradient: Matrix) throws(TesseraError) {
    try ofWeight.run(outputGradient.span, input: input.span, weightGradient: weightGradient.mutableSpan)
  }
}
