import Tessera

/// SwiGLU of the two halves of a matrix, gate and up, and their gradients, planned.
struct TrainedGate {
  typealias Matrix = UnsafeMutableBufferPointer<Float>

  private let forward: GatedActivationPlan
  private let backward: LinearInputGradientGatedActivationPlan

  /// The map behind it takes rows × columns to rows × `width`.
  init(
    rows: Int, columns: Int, width: Int, workspace: GemmWorkspace, context: ExecutionContext
  ) throws(TesseraError) {
    let gate = MatrixLayout(rows: rows, columns: columns, rowStride: 2 * columns)
    let up = MatrixLayout(rows: rows, columns: columns, rowStride: 2 * columns, offset: columns)
    forward = try GatedActivationPlan(
      .silu, gate: gate, up: up, output: MatrixLayout(rows: rows, columns: columns), context: context)
    backward = try LinearInputGradientGatedActivationPlan(
      .silu, outputGradient: MatrixLayout(rows: rows, columns: width),
      weight: MatrixLayout(rows: width, columns: columns), gate: gate, up: up, gateGradient: gate, upGradient: up,
      workspace: workspace, context: context)
  }

  func run(_ gateAndUp: Matrix, output: Matrix) throws(TesseraError) {
    try forward.run(ofBoth: gateAndUp.span, output: output.mutableSpan)
  }

  /// From the gradient of what the map behind gives, in place of gate and up.
  func gradient(_ outputGradient: Matrix, weight: Matrix, inPlace gateAndUp: Matrix) throws(TesseraError) {
    try backward.run(outputGradient.span, weight: weight.span, inPlaceOfBoth: gateAndUp.mutableSpan)
  }
}
