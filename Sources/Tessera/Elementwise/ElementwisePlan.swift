import CTesseraKernels

/// One element-wise call, checked and cut into work items; the public functions and the catalog both run it.
struct ElementwisePlan {
  enum Stage: Sendable {
    case bias, relu, residual
    case scale(Float)
    case dropout(Dropout)
  }

  let descriptor: OperatorDescriptor
  private let stage: Stage
  private let planes: Int
  private let rowsPerPlane: Int
  private let columns: Int
  private let layouts: Layouts
  private let kernel: tsr_f32_elementwise_kernel
  private let partition: RowPartition
  private let residency: RowResidency
  private let usesNonTemporalStores: Bool
  private let context: ExecutionContext

  /// Layouts cover planes · rows rows, one plane after the other.
  struct Layouts {
    var input: MatrixLayout
    var output: MatrixLayout
    /// Of `residual`; nil where the stage has none.
    var residual: MatrixLayout?
  }

  init(_ stage: Stage, planes: Int = 1, layouts: Layouts, context: ExecutionContext?) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    let kernels = ElementwiseKernels.variants.best(for: context.instructionSet)
    switch stage {
    case .bias: (descriptor, kernel) = (.bias, kernels.bias)
    case .relu: (descriptor, kernel) = (.relu, kernels.relu)
    case .residual: (descriptor, kernel) = (.residual, kernels.residual)
    case .scale: (descriptor, kernel) = (.scale, kernels.scale)
    // Without draws to make, dropout is a copy; scaling by 1 is an exact one.
    case .dropout(let dropout): (descriptor, kernel) = (.dropout, dropout.isIdentity ? kernels.scale : kernels.dropout)
    }
    let rows = layouts.input.rows
    guard (0...maximumElementCount).contains(planes), planes == 0 ? rows == 0 : rows % planes == 0 else {
      throw .invalidOperand(
        operation: descriptor.name, operand: "planes",
        expected: "a divisor of \(rows) rows, at most \(maximumElementCount)", actual: "\(planes)")
    }
    self.stage = stage
    self.planes = planes
    rowsPerPlane = planes == 0 ? 0 : rows / planes
    columns = layouts.input.columns
    self.layouts = layouts
    self.context = context
    let name = descriptor.name
    try layouts.input.check(
      rows: rows, columns: columns, count: .max, written: false, operation: name, operand: "input")
    try layouts.output.check(
      rows: rows, columns: columns, count: .max, written: true, operation: name, operand: "output")
    let row = RowResidency.Stream("input", bytes: columns * 4, .perRow)
    var pass = RowResidency.Pass(
      reads: [row], writes: [RowResidency.Stream("output", bytes: columns * 4, .perRow)])
    switch stage {
    case .bias: pass.reads.append(RowResidency.Stream("bias", bytes: columns * 4, .shared))
    case .residual: pass.reads.append(RowResidency.Stream("residual", bytes: columns * 4, .perRow))
    case .dropout: pass.writes.append(RowResidency.Stream("mask", bytes: columns, .perRow))
    case .scale, .relu: break
    }
    residency = RowResidency(passes: [pass], capacity: context.fastMemoryBytes)
    let bytesPerRow = (pass.reads + pass.writes).reduce(0) { $0 + $1.bytes }
    partition = RowPartition(rows: rows, bytesPerRow: bytesPerRow)
    usesNonTemporalStores = rows * bytesPerRow > context.fastMemoryBytes
  }
}

extension ElementwisePlan {
  /// The call's memory; what the stage does not use is left nil.
  struct Operands {
    var input: UnsafeBufferPointer<Float>
    var output: UnsafeMutableBufferPointer<Float>
    var bias: UnsafeBufferPointer<Float>? = nil
    var residual: UnsafeBufferPointer<Float>? = nil
    /// planes · rows · columns bytes, contiguous.
    var mask: UnsafeMutableBufferPointer<UInt8>? = nil
  }

  /// Checks the operands, then runs; nothing is written when it throws.
  func run(_ operands: Operands) throws(TesseraError) {
    try check(operands)
    let traffic = context.pool.run(itemCount: columns == 0 ? 0 : partition.itemCount) { item, worker in
      let rows = partition.rows(ofItem: item)
      // A kernel call stays inside one plane, where dropout's rows count from the plane's start.
      var start = rows.lowerBound
      while start < rows.upperBound {
        let plane = start / rowsPerPlane
        let end = min(rows.upperBound, (plane + 1) * rowsPerPlane)
        runKernel(operands, rows: start..<end, plane: plane)
        start = end
      }
      let moved = residency.traffic(rows: rows.count)
      worker.traffic.pointee.add(readBytes: moved.readBytes, writtenBytes: moved.writtenBytes)
    }
    context.ledger?.record(
      descriptor, extents: [.planes: planes, .rows: rowsPerPlane, .columns: columns], mode: .training, traffic: traffic)
  }

  private func runKernel(_ operands: Operands, rows: Range<Int>, plane: Int) {
    var block = tsr_elementwise_f32()
    block.rows = rows.count
    block.columns = columns
    block.input = operands.input.baseAddress! + layouts.input.offset + rows.lowerBound * layouts.input.rowStride
    block.input_stride = layouts.input.rowStride
    block.output = operands.output.baseAddress! + layouts.output.offset + rows.lowerBound * layouts.output.rowStride
    block.output_stride = layouts.output.rowStride
    block.streaming = usesNonTemporalStores
    switch stage {
    case .bias: block.bias = operands.bias!.baseAddress
    case .relu: break
    case .scale(let scale): block.scale = scale
    case .residual:
      let layout = layouts.residual!
      block.residual = operands.residual!.baseAddress! + layout.offset + rows.lowerBound * layout.rowStride
      block.residual_stride = layout.rowStride
    case .dropout(let dropout):
      let mask = operands.mask!.baseAddress! + rows.lowerBound * columns
      if dropout.isIdentity {
        block.scale = 1
        mask.update(repeating: 1, count: rows.count * columns)
      } else {
        block.dropout = dropout.kernelArgument(plane: plane, row: rows.lowerBound - plane * rowsPerPlane)
        block.mask = mask
        block.mask_stride = columns
      }
    }
    kernel(&block)
  }

  private func check(_ operands: Operands) throws(TesseraError) {
    let (rows, name) = (layouts.input.rows, descriptor.name)
    try layouts.input.check(
      rows: rows, columns: columns, count: operands.input.count, written: false, operation: name, operand: "input")
    try layouts.output.check(
      rows: rows, columns: columns, count: operands.output.count, written: true, operation: name, operand: "output")
    let output = PlacedMatrix("output", UnsafeBufferPointer(operands.output), layouts.output)
    var second = PlacedMatrix.absent
    var mask = PlacedMatrix.absent
    if case .bias = stage {
      try checkVector(operands.bias?.count ?? 0, expected: columns, operation: name, operand: "bias")
      second = PlacedMatrix("bias", operands.bias!, MatrixLayout(rows: 1, columns: columns))
    }
    if case .residual = stage {
      let layout = layouts.residual!
      try layout.check(
        rows: rows, columns: columns, count: operands.residual!.count, written: false, operation: name,
        operand: "residual")
      second = PlacedMatrix("residual", operands.residual!, layout)
    }
    if case .dropout = stage {
      let count = operands.mask?.count ?? 0
      try checkVector(count, expected: rows * columns, operation: name, operand: "mask")
      mask = PlacedMatrix("mask", bytes: operands.mask!.baseAddress, count: rows * columns)
      try checkCounterWords(planes: planes, rows: rowsPerPlane, columns: columns, operation: name)
    }
    try checkOverlap(
      descriptor, reads: [PlacedMatrix("input", operands.input, layouts.input), second], writes: [output, mask])
  }
}
