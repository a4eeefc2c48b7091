import CTesseraKernels

/// What layer norm and its fused form share: row scratch, work items, residency and the loop over items.
final class NormalizationPlan {
  struct Layouts {
    var input: MatrixLayout
    var output: MatrixLayout
    /// Of the residual; nil for layer norm alone.
    var residual: MatrixLayout?
  }

  let descriptor: OperatorDescriptor
  let layouts: Layouts
  let mode: ExecutionMode
  private let epsilon: Float
  private let dropout: Dropout?
  private let kernel: tsr_f32_layer_norm_kernel
  /// Of the fused kernel, which needs its row again; layer norm alone sweeps its input where that lies.
  private let scratch: RowScratch?
  private let partition: RowPartition
  private let residency: RowResidency
  private let usesNonTemporalStores: Bool
  private let context: ExecutionContext

  var workspaceBytes: Int { scratch?.byteCount ?? 0 }
  private var rows: Int { layouts.input.rows }
  private var columns: Int { layouts.input.columns }

  /// With a residual the fused kernel, without one layer norm alone.
  init(
    layouts: Layouts, epsilon: Float, dropout: Dropout?, mode: ExecutionMode, context: ExecutionContext
  ) throws(TesseraError) {
    let kernels = LayerNormKernels.variants.best(for: context.instructionSet)
    let isFused = layouts.residual != nil
    descriptor = isFused ? .biasDropoutResidualLayerNorm : .layerNorm
    kernel = isFused ? kernels.biasDropoutResidualLayerNorm : kernels.layerNorm
    self.layouts = layouts
    self.mode = mode
    self.epsilon = epsilon
    // Inference drops nothing, and what drops nothing costs nothing.
    self.dropout = mode == .training ? dropout.flatMap { $0.isIdentity ? nil : $0 } : nil
    self.context = context
    let (rows, columns) = (layouts.input.rows, layouts.input.columns)
    guard epsilon >= 0, epsilon.isFinite else {
      throw .invalidOperand(
        operation: descriptor.name, operand: "epsilon", expected: "a finite number, 0 or more", actual: "\(epsilon)")
    }
    if self.dropout != nil {
      try checkCounterWords(planes: 1, rows: rows, columns: columns, operation: descriptor.name)
    }
    for (operand, layout) in [("input", layouts.input), ("residual", layouts.residual ?? layouts.input)] {
      try layout.check(
        rows: rows, columns: columns, count: .max, written: false, operation: descriptor.name, operand: operand)
    }
    try layouts.output.check(
      rows: rows, columns: columns, count: .max, written: true, operation: descriptor.name, operand: "output")
    scratch = isFused ? try RowScratch(columns: columns, threadCount: context.pool.threadCount) : nil
    let passes = Self.passes(columns: columns, isFused: isFused, keepsSum: isFused && mode == .training)
    residency = RowResidency(passes: passes, capacity: context.fastMemoryBytes)
    let streamedBytes = Set(passes.flatMap { $0.reads + $0.writes }).filter { $0.kind == .perRow }.reduce(0) {
      $0 + $1.bytes
    }
    partition = RowPartition(rows: rows, bytesPerRow: streamedBytes)
    usesNonTemporalStores = rows * streamedBytes > context.fastMemoryBytes
  }

  /// What the kernel sweeps, in its order.
  private static func passes(columns: Int, isFused: Bool, keepsSum: Bool) -> [RowResidency.Pass] {
    func stream(_ name: String, _ kind: RowResidency.Stream.Kind) -> RowResidency.Stream {
      .init(name, bytes: columns * 4, kind)
    }
    let parameters = [stream("weight", .shared), stream("shift", .shared)]
    let output = stream("output", .perRow)
    guard isFused else {
      // Alone, the kernel sweeps its input three times where that lies.
      let input = stream("input", .perRow)
      return [
        .init(reads: [input], writes: []), .init(reads: [input], writes: []),
        .init(reads: [input] + parameters, writes: [output]),
      ]
    }
    let scratch = stream("scratch", .scratch)
    return [
      .init(
        reads: [stream("input", .perRow), stream("bias", .shared), stream("residual", .perRow)],
        writes: [scratch] + (keepsSum ? [stream("sum", .perRow)] : [])),
      .init(reads: [scratch], writes: []),
      .init(reads: [scratch] + parameters, writes: [output]),
    ]
  }

  /// The call's memory; what is nil is not used or not wanted.
  struct Operands {
    var input: UnsafeBufferPointer<Float>
    var bias: UnsafeBufferPointer<Float>? = nil
    var residual: UnsafeBufferPointer<Float>? = nil
    var weight: UnsafeBufferPointer<Float>
    var shift: UnsafeBufferPointer<Float>
    var output: UnsafeMutableBufferPointer<Float>
    /// rows · columns, contiguous.
    var sum: UnsafeMutableBufferPointer<Float>? = nil
    var mean: UnsafeMutableBufferPointer<Float>? = nil
    var inverseDeviation: UnsafeMutableBufferPointer<Float>? = nil
  }

  /// Checks the operands, then runs; nothing is written when it throws.
  func run(_ operands: Operands) throws(TesseraError) {
    try check(operands)
    // Rows of no columns have statistics to write, if those are kept, and nothing else.
    let isIdle = columns == 0 && operands.mean == nil && operands.inverseDeviation == nil
    let traffic = context.pool.run(itemCount: isIdle ? 0 : partition.itemCount) { item, worker in
      let itemRows = partition.rows(ofItem: item)
      var block = block(operands, rows: itemRows)
      block.scratch = scratch?.row(ofWorker: worker.index)
      kernel(&block)
      let moved = residency.traffic(rows: itemRows.count)
      let statistics = ((operands.mean == nil ? 0 : 4) + (operands.inverseDeviation == nil ? 0 : 4)) * itemRows.count
      worker.traffic.pointee.add(readBytes: moved.readBytes, writtenBytes: moved.writtenBytes + statistics)
    }
    context.ledger?.record(
      descriptor, extents: [.rows: rows, .columns: columns], mode: mode, traffic: traffic)
  }

  private func block(_ operands: Operands, rows: Range<Int>) -> tsr_layer_norm_f32 {
    let first = rows.lowerBound
    var block = tsr_layer_norm_f32()
    block.rows = rows.count
    block.columns = columns
    block.mean = operands.mean?.baseAddress.map { $0 + first }
    block.inverse_deviation = operands.inverseDeviation?.baseAddress.map { $0 + first }
    block.epsilon = epsilon
    // Without columns a layout has no positions: strides may be anything, and addresses null.
    guard columns > 0 else { return block }
    block.input = operands.input.baseAddress.map { $0 + layouts.input.offset + first * layouts.input.rowStride }
    block.input_stride = layouts.input.rowStride
    block.bias = operands.bias?.baseAddress
    if let residual = layouts.residual {
      block.residual = operands.residual?.baseAddress.map { $0 + residual.offset + first * residual.rowStride }
      block.residual_stride = residual.rowStride
    }
    block.weight = operands.weight.baseAddress
    block.shift = operands.shift.baseAddress
    block.output = operands.output.baseAddress.map { $0 + layouts.output.offset + first * layouts.output.rowStride }
    block.output_stride = layouts.output.rowStride
    block.sum = operands.sum?.baseAddress.map { $0 + first * columns }
    block.sum_stride = columns
    if let dropout { block.dropout = dropout.kernelArgument(plane: 0, row: first) }
    block.streaming = usesNonTemporalStores
    return block
  }

  private func check(_ operands: Operands) throws(TesseraError) {
    let name = descriptor.name
    try layouts.input.check(
      rows: rows, columns: columns, count: operands.input.count, written: false, operation: name, operand: "input")
    try layouts.output.check(
      rows: rows, columns: columns, count: operands.output.count, written: true, operation: name, operand: "output")
    try checkVector(operands.weight.count, expected: columns, operation: name, operand: "weight")
    try checkVector(operands.shift.count, expected: columns, operation: name, operand: "shift")
    var (placedBias, placedResidual) = (PlacedMatrix.absent, PlacedMatrix.absent)
    if let layout = layouts.residual {
      let (bias, residual) = (operands.bias!, operands.residual!)
      try checkVector(bias.count, expected: columns, operation: name, operand: "bias")
      try layout.check(
        rows: rows, columns: columns, count: residual.count, written: false, operation: name, operand: "residual")
      placedBias = placedVector("bias", bias, columns)
      placedResidual = PlacedMatrix("residual", residual, layout)
    }
    try checkOverlap(
      descriptor,
      reads: [
        PlacedMatrix("input", operands.input, layouts.input), placedVector("weight", operands.weight, columns),
        placedVector("shift", operands.shift, columns), placedBias, placedResidual,
      ],
      writes: [
        PlacedMatrix("output", UnsafeBufferPointer(operands.output), layouts.output),
        try checkedVector("sum", operands.sum, rows * columns), try checkedVector("mean", operands.mean, rows),
        try checkedVector("inverse-deviation", operands.inverseDeviation, rows),
      ])
  }

  /// A written operand that the call may lack.
  private func checkedVector(
    _ operand: String, _ buffer: UnsafeMutableBufferPointer<Float>?, _ count: Int
  ) throws(TesseraError) -> PlacedMatrix {
    guard let buffer else { return .absent }
    try checkVector(buffer.count, expected: count, operation: descriptor.name, operand: operand)
    return placedVector(operand, UnsafeBufferPointer(buffer), count)
  }

  private func placedVector(_ operand: String, _ buffer: UnsafeBufferPointer<Float>, _ count: Int) -> PlacedMatrix {
    PlacedMatrix(operand, buffer, MatrixLayout(rows: 1, columns: count))
  }
}
