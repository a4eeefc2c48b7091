import Tessera

/// SwiGLU of the two halves of a matrix, gate and up, and their gradients, planned.
struct TrainedGate {
  typealias Matrix = UnsafeMutableBufferPointer<Float>

  private let forward: GatedActivationPlan
  private let backward: GatedActivationGradientPlan

  init(rows: Int, columns: Int, context: ExecutionContext) throws(TesseraError) {
    let gate = MatrixLayout(rows: rows, columns: columns, rowStride: 2 * columns)
    let up = MatrixLayout(rows: rows, columns: columns, rowStride: 2 * columns, offset: columns)
    let output = MatrixLayout(rows: rows, columns: columns)
    forward = try GatedActivationPlan(.silu, gate: gate, up: up, output: output, context: context)
    backward = try GatedActivationGradientPlan(
      .silu, outputGradient: output, gate: gate, up: up, gateGradient: gate, upGradient: up, context: context)
  }

  func run(_ gateAndUp: Matrix, output: Matrix) throws(TesseraError) {
    try forward.run(ofBoth: gateAndUp.span, output: output.mutableSpan)
  }

  /// In place of gate and up.
  func gradient(_ outputGradient: Matrix, inPlace gateAndUp: Matrix) throws(TesseraError) {
    try backward.run(outputGradient.span, inPlaceOfBoth: gateAndUp.mutableSpan)
  }
}
