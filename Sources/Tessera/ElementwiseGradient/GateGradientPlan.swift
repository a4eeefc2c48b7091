import CTesseraKernels

/// The gradients of a gated activation, checked and cut into work items; the public plan and the catalog run it.
struct GateGradientPlan {
  /// They cover all planes, one after the other.
  struct Layouts {
    var outputGradient: MatrixLayout
    var gate: MatrixLayout
    var up: MatrixLayout
    var gateGradient: MatrixLayout
    var upGradient: MatrixLayout
  }

  let descriptor: OperatorDescriptor
  let layouts: Layouts
  private let planes: Int
  let kernel: tsr_f32_gate_gradient_kernel
  private let partition: RowPartition
  private let residency: RowResidency
  let usesNonTemporalStores: Bool
  private let context: ExecutionContext

  private var rows: Int { layouts.outputGradient.rows }
  private var columns: Int { layouts.outputGradient.columns }

  /// `planes` divides the rows; it is for the ledger alone. `ridingOn`: the operator whose product the output's
  /// gradient comes from, of a plan that has no call of its own.
  init(
    _ activation: Activation, planes: Int = 1, layouts: Layouts, ridingOn: OperatorDescriptor? = nil,
    context: ExecutionContext?
  ) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    descriptor = ridingOn ?? .gatedGradient(activation)
    self.layouts = layouts
    self.planes = planes
    self.context = context
    kernel = ElementwiseGradientKernels.variants.best(for: context.instructionSet).gateGradient(of: activation)
    let (rows, columns) = (layouts.outputGradient.rows, layouts.outputGradient.columns)
    try OperandPlacement(operation: descriptor.name).check(
      rows: rows, columns: columns,
      [
        ("output-gradient", layouts.outputGradient, false), ("gate", layouts.gate, false), ("up", layouts.up, false),
        ("gate-gradient", layouts.gateGradient, true), ("up-gradient", layouts.upGradient, true),
      ])
    let bytes = ElementType.float32.byteCount(ofElements: columns)
    func row(_ name: String) -> RowResidency.Stream { .init(name, bytes: bytes, .perRow) }
    let pass = RowResidency.Pass(
      reads: [row("output-gradient"), row("gate"), row("up")], writes: [row("gate-gradient"), row("up-gradient")])
    residency = RowResidency(passes: [pass], capacity: context.fastMemoryBytes)
    partition = RowPartition(rows: rows, bytesPerRow: 5 * bytes)
    usesNonTemporalStores = rows * 5 * bytes > context.fastMemoryBytes
  }

  /// The call's memory.
  struct Operands {
    var outputGradient: UnsafeBufferPointer<Float>
    var gate: UnsafeBufferPointer<Float>
    var up: UnsafeBufferPointer<Float>
    var gateGradient: UnsafeMutableBufferPointer<Float>
    var upGradient: UnsafeMutableBufferPointer<Float>
  }

  /// Checks the operands, then runs; nothing is written when it throws.
  func run(_ operands: Operands) throws(TesseraError) {
    let streams = try !check(operands) && usesNonTemporalStores
    let traffic = context.pool.run(itemCount: columns == 0 ? 0 : partition.itemCount, order: .neighbouring) {
      item, worker in
      let rows = partition.rows(ofItem: item)
      var block = block(operands, rows: rows, columns: 0..<columns)
      block.output_gradient = operands.outputGradient.start(layouts.outputGradient, row: rows.lowerBound)
      block.output_gradient_stride = layouts.outputGradient.rowStride
      block.streaming = streams
      kernel(&block)
      worker.count(residency.traffic(rows: rows.count))
    }
    context.ledger?.record(
      descriptor, extents: [.planes: planes, .rows: planes == 0 ? 0 : rows / planes, .columns: columns],
      mode: .training, traffic: traffic)
  }

  /// A kernel's call for these rows and columns, without the output's gradient.
  func block(_ operands: Operands, rows: Range<Int>, columns: Range<Int>) -> tsr_gate_gradient_f32 {
    let (row, column) = (rows.lowerBound, columns.lowerBound)
    var block = tsr_gate_gradient_f32()
    (block.rows, block.columns) = (rows.count, columns.count)
    block.gate = operands.gate.start(layouts.gate, row: row, column: column)
    block.gate_stride = layouts.gate.rowStride
    block.up = operands.up.start(layouts.up, row: row, column: column)
    block.up_stride = layouts.up.rowStride
    block.gate_gradient = operands.gateGradient.start(layouts.gateGradient, row: row, column: column)
    block.gate_gradient_stride = layouts.gateGradient.rowStride
    block.up_gradient = operands.upGradient.start(layouts.upGradient, row: row, column: column)
    block.up_gradient_stride = layouts.upGradient.rowStride
    return block
  }

  /// Whether the call is in place. Throws where memory is short or shared.
  private func check(_ operands: Operands) throws(TesseraError) -> Bool {
    let place = OperandPlacement(operation: descriptor.name)
    return try checkOverlap(
      descriptor,
      reads: [
        try place.matrix("output-gradient", operands.outputGradient, layouts.outputGradient),
        try place.matrix("gate", operands.gate, layouts.gate), try place.matrix("up", operands.up, layouts.up),
      ],
      writes: [
        try place.matrix("gate-gradient", writing: operands.gateGradient, layouts.gateGradient),
        try place.matrix("up-gradient", writing: operands.upGradient, layouts.upGradient),
      ])
  }
}
