import CTesseraKernels

/// The gradient of bias, activation and dropout, checked and cut into work items; the public plan and the catalog run it.
struct ActivationGradientPlan {
  struct Layouts {
    var outputGradient: MatrixLayout
    /// That of the forward call's output, of ReLU, or its input.
    var saved: MatrixLayout
    var inputGradient: MatrixLayout
  }

  let descriptor: OperatorDescriptor
  let activation: Activation
  let planes: Int
  let layouts: Layouts
  let sums: ColumnSums
  private let dropout: Dropout?
  private let kernel: tsr_f32_activation_gradient_kernel
  private let residencies: (whole: RowResidency, last: RowResidency)
  private let usesNonTemporalStores: Bool
  private let context: ExecutionContext

  private var rows: Int { layouts.outputGradient.rows }
  var columns: Int { layouts.outputGradient.columns }
  private var rowsPerPlane: Int { planes == 0 ? 0 : rows / planes }
  /// The descriptor's name of what the forward call has left.
  var savedName: String { activation.gradientNeedsInput ? "input" : "output" }

  /// Layouts cover `planes` planes, one after the other.
  init(
    _ activation: Activation, planes: Int, layouts: Layouts, dropout: Dropout?, context: ExecutionContext?
  ) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    descriptor = .biasActivationDropoutGradient(activation)
    self.activation = activation
    self.planes = planes
    self.layouts = layouts
    self.context = context
    self.dropout = dropout.flatMap { $0.isIdentity ? nil : $0 }
    kernel = ElementwiseGradientKernels.variants.best(for: context.instructionSet).gradient(of: activation)
    let (rows, columns) = (layouts.outputGradient.rows, layouts.outputGradient.columns)
    guard (0...maximumElementCount).contains(planes), planes == 0 ? rows == 0 : rows % planes == 0 else {
      throw .invalidOperand(
        operation: descriptor.name, operand: "planes",
        expected: "a divisor of \(rows) rows, at most \(maximumElementCount)", actual: "\(planes)")
    }
    if self.dropout != nil {
      try checkCounterWords(
        planes: planes, rows: planes == 0 ? 0 : rows / planes, columns: columns, operation: descriptor.name)
    }
    try OperandPlacement(operation: descriptor.name).check(
      rows: rows, columns: columns,
      [
        ("output-gradient", layouts.outputGradient, false),
        (activation.gradientNeedsInput ? "input" : "output", layouts.saved, false),
        ("input-gradient", layouts.inputGradient, true),
      ])
    let bytesPerColumn = 3 * MemoryLayout<Float>.stride
    let partition = ColumnSumPartition(rows: rows, columns: columns, bytesPerColumn: bytesPerColumn)
    sums = try ColumnSums(partition, count: 1, threadCount: context.pool.threadCount)
    func residency(_ columns: Int) -> RowResidency {
      Self.residency(columns: columns, hasBias: activation.gradientNeedsInput, capacity: context.fastMemoryBytes)
    }
    let lastColumns = columns - max(0, partition.columnBlocks - 1) * partition.columnsPerItem
    residencies = (residency(min(columns, partition.columnsPerItem)), residency(lastColumns))
    usesNonTemporalStores = rows * columns * bytesPerColumn > context.fastMemoryBytes
  }

  private static func residency(columns: Int, hasBias: Bool, capacity: Int) -> RowResidency {
    let bytes = ElementType.float32.byteCount(ofElements: columns)
    func row(_ name: String) -> RowResidency.Stream { .init(name, bytes: bytes, .perRow) }
    let pass = RowResidency.Pass(
      reads: [row("output-gradient"), row("saved")] + (hasBias ? [.init("bias", bytes: bytes, .shared)] : []),
      writes: [row("input-gradient")])
    return RowResidency(passes: [pass], capacity: capacity)
  }

  /// The call's memory.
  struct Operands {
    var outputGradient: UnsafeBufferPointer<Float>
    var saved: UnsafeBufferPointer<Float>
    /// nil for ReLU.
    var bias: UnsafeBufferPointer<Float>?
    var inputGradient: UnsafeMutableBufferPointer<Float>
    var biasGradient: UnsafeMutableBufferPointer<Float>
  }

  /// Checks the operands, then runs; nothing is written when it throws.
  func run(_ operands: Operands) throws(TesseraError) {
    let streams = try !check(operands) && usesNonTemporalStores
    let partition = sums.partition
    let traffic = context.pool.run(itemCount: partition.itemCount, order: .neighbouring) { item, worker in
      sums.run(item: item, worker: worker.index, rowsPerPlane: rowsPerPlane) { rows, columns in
        var block = block(operands, rows: rows, columns: columns)
        block.bias_gradient = sums.sums(0, ofWorker: worker.index)
        block.streaming = streams
        kernel(&block)
      }
      let isLast = partition.columns(ofItem: item).upperBound == partition.columns
      let moved = (isLast ? residencies.last : residencies.whole).traffic(rows: partition.rows(ofItem: item).count)
      worker.traffic.pointee.add(readBytes: moved.readBytes, writtenBytes: moved.writtenBytes)
    }
    if columns > 0 { sums.finish(0, into: operands.biasGradient.baseAddress!) }
    var moved = traffic
    moved.writtenBytes += ElementType.float32.byteCount(ofElements: columns)
    context.ledger?.record(
      descriptor, extents: [.planes: planes, .rows: rowsPerPlane, .columns: columns], mode: .training, traffic: moved)
  }

  private func block(_ operands: Operands, rows: Range<Int>, columns: Range<Int>) -> tsr_activation_gradient_f32 {
    let (row, column) = (rows.lowerBound, columns.lowerBound)
    var block = tsr_activation_gradient_f32()
    (block.rows, block.columns) = (rows.count, columns.count)
    block.output_gradient = operands.outputGradient.start(layouts.outputGradient, row: row, column: column)
    block.output_gradient_stride = layouts.outputGradient.rowStride
    block.saved = operands.saved.start(layouts.saved, row: row, column: column)
    block.saved_stride = layouts.saved.rowStride
    block.bias = operands.bias?.baseAddress.map { $0 + column }
    block.input_gradient = operands.inputGradient.start(layouts.inputGradient, row: row, column: column)
    block.input_gradient_stride = layouts.inputGradient.rowStride
    if let dropout {
      let plane = row / rowsPerPlane
      block.dropout = dropout.kernelArgument(plane: plane, row: row - plane * rowsPerPlane)
      block.dropout_block = UInt32(column / 8)
    }
    return block
  }

  /// Whether the call is in place. Throws where memory is short or shared.
  private func check(_ operands: Operands) throws(TesseraError) -> Bool {
    let place = OperandPlacement(operation: descriptor.name)
    return try checkOverlap(
      descriptor,
      reads: [
        try place.matrix("output-gradient", operands.outputGradient, layouts.outputGradient),
        try place.matrix(savedName, operands.saved, layouts.saved),
        try place.vector("bias", operands.bias, columns),
      ],
      writes: [
        try place.matrix("input-gradient", writing: operands.inputGradient, layouts.inputGradient),
        try place.vector("bias-gradient", writing: operands.biasGradient, columns),
      ])
  }
}
