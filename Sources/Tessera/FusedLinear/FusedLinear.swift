/// A linear map with element-wise stages on its result, planned: what such operators share.
///
/// The stages' output takes the result's place. The result itself is stored only where it is kept for the backward
/// pass.
struct FusedLinear {
  let descriptor: OperatorDescriptor
  let map: LinearMap
  private var stages: ElementwisePlan
  private let keepsResult: Bool
  private let mode: ExecutionMode
  private let context: ExecutionContext

  var workspaceBytes: Int { map.workspace.byteCount }

  /// Stages as `ElementwisePlan` takes them; `second` is the layout of the other matrix that they read. `gives` says
  /// what the product is, and with it what `input` and `output` are. Throws where layouts disagree or do not fit.
  init(
    _ descriptor: OperatorDescriptor, _ stages: [ElementwisePlan.Stage], gives: LinearMap.Result = .output,
    input: MatrixLayout, weight: MatrixLayout,
    form: LinearWeight.Form, second: MatrixLayout? = nil, output: MatrixLayout?, keepsResult: Bool = false,
    mode: ExecutionMode, workspace: GemmWorkspace?, context: ExecutionContext
  ) throws(TesseraError) {
    let result = MatrixLayout(rows: input.rows, columns: gives == .output ? weight.rows : weight.columns)
    map = try LinearMap(
      descriptor, gives, input: input, weight: weight, form: form, finish: .columns,
      epilogueMatrices: 1 + (second == nil ? 0 : 1) + (keepsResult ? 1 : 0),
      workspace: workspace ?? GemmWorkspace(threadCount: context.pool.threadCount), context: context)
    self.stages = try ElementwisePlan(
      descriptor, stages, layouts: .init(input: result, output: output ?? result, second: second), context: context)
    (self.descriptor, self.keepsResult, self.mode, self.context) = (descriptor, keepsResult, mode, context)
  }

  /// As `ElementwisePlan` has it.
  mutating func setDropoutOffset(_ offset: UInt32) { stages.setDropoutOffset(offset) }

  /// Checks the operands, then runs; nothing is written when it throws. `kept`: rows × columns without gaps, where the
  /// plan keeps the result, which is named as the descriptor's last output.
  func run(
    _ input: UnsafeBufferPointer<Float>, weight: LinearWeight, bias: UnsafeBufferPointer<Float>? = nil,
    second: UnsafeBufferPointer<Float>? = nil, output: UnsafeMutableBufferPointer<Float>,
    keeping kept: UnsafeMutableBufferPointer<Float>? = nil
  ) throws(TesseraError) {
    let (placedInput, placedWeight, operands) = try map.place(input, weight)
    let stageOperands = ElementwisePlan.Operands(
      input: UnsafeBufferPointer(start: nil, count: 0), output: output, bias: bias, second: second)
    let others = try stages.placeOnSums(stageOperands)
    var result = PlacedMatrix.absent
    if keepsResult {
      let layout = MatrixLayout(rows: map.rows, columns: map.columns)
      let name = descriptor.writes.last!.name
      guard let kept else {
        throw .invalidOperand(
          operation: descriptor.name, operand: name, expected: "a place for what training keeps", actual: "nil")
      }
      try checkVector(
        kept.count, expected: layout.rows * layout.columns, operation: descriptor.name, operand: name)
      result = PlacedMatrix(name, UnsafeBufferPointer(kept), layout)
    }
    try checkOverlap(
      descriptor, reads: [placedInput, placedWeight, others.bias, others.second], writes: [others.output, result])
    var epilogue = stages.epilogue(stageOperands)
    if keepsResult { epilogue = epilogue.keepingSums(kept!, columns: map.columns) }
    let traffic = map.product.run(operands, finishing: epilogue)
    context.ledger?.record(descriptor, extents: map.extents, mode: mode, traffic: traffic)
  }
}
