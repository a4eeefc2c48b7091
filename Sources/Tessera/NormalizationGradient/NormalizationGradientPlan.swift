import CTesseraKernels

/// What the gradients of both norms' inputs share: work items, residency and the loop over items. It has no scratch.
struct NormalizationGradientPlan: Sendable {
  struct Layouts {
    var outputGradient: MatrixLayout
    /// That of what the forward call kept.
    var sum: MatrixLayout
    /// nil where the sum went nowhere but into the norm.
    var sumGradient: MatrixLayout?
    var residualGradient: MatrixLayout
    /// nil where nothing was dropped: the residual's gradient is the input's then.
    var inputGradient: MatrixLayout?
  }

  /// The descriptor of this call.
  let descriptor: OperatorDescriptor
  let norm: Norm
  let layouts: Layouts
  private var dropout: Dropout?
  private let kernel: tsr_f32_normalization_gradient_kernel
  private let partition: RowPartition
  private let residency: RowResidency
  private let usesNonTemporalStores: Bool
  private let context: ExecutionContext

  var rows: Int { layouts.outputGradient.rows }
  var columns: Int { layouts.outputGradient.columns }

  init(_ norm: Norm, layouts: Layouts, dropout: Dropout?, context: ExecutionContext?) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    descriptor = .biasDropoutResidualNormGradient(
      norm, drops: layouts.inputGradient != nil, addsSumGradient: layouts.sumGradient != nil)
    self.norm = norm
    self.layouts = layouts
    self.dropout = dropout.flatMap { $0.isIdentity ? nil : $0 }
    self.context = context
    kernel = NormalizationGradientKernels.variants.best(for: context.instructionSet).gradient(of: norm)
    let (rows, columns) = (layouts.outputGradient.rows, layouts.outputGradient.columns)
    if self.dropout != nil {
      try checkCounterWords(planes: 1, rows: rows, columns: columns, operation: descriptor.name)
    }
    try OperandPlacement(operation: descriptor.name).check(
      rows: rows, columns: columns,
      [
        ("output-gradient", layouts.outputGradient, false), ("sum", layouts.sum, false),
        ("sum-gradient", layouts.sumGradient, false), ("residual-gradient", layouts.residualGradient, true),
        ("input-gradient", layouts.inputGradient, true),
      ])
    let passes = Self.passes(layouts)
    residency = RowResidency(passes: passes, capacity: context.fastMemoryBytes)
    let streamedBytes = Set(passes.flatMap { $0.reads + $0.writes }).filter { $0.kind == .perRow }.reduce(0) {
      $0 + $1.bytes
    }
    partition = RowPartition(rows: rows, bytesPerRow: streamedBytes)
    usesNonTemporalStores = rows * streamedBytes > context.fastMemoryBytes
  }

  /// Draws of calls from now on; nothing where nothing is dropped.
  mutating func setDropoutOffset(_ offset: UInt32) { dropout = dropout?.at(offset: offset) }

  /// Both passes sweep the gradient, the sum and the weight; the second writes.
  private static func passes(_ layouts: Layouts) -> [RowResidency.Pass] {
    let bytes = ElementType.float32.byteCount(ofElements: layouts.outputGradient.columns)
    func row(_ name: String) -> RowResidency.Stream { .init(name, bytes: bytes, .perRow) }
    let swept = [row("output-gradient"), row("sum"), .init("weight", bytes: bytes, .shared)]
    return [
      .init(reads: swept, writes: []),
      .init(
        reads: swept + (layouts.sumGradient == nil ? [] : [row("sum-gradient")]),
        writes: [row("residual-gradient")] + (layouts.inputGradient == nil ? [] : [row("input-gradient")])),
    ]
  }

  /// The call's memory; what is nil the call does not have.
  struct Operands {
    var outputGradient: UnsafeBufferPointer<Float>
    var sum: UnsafeBufferPointer<Float>
    /// Layer norm's.
    var mean: UnsafeBufferPointer<Float>?
    var inverseDeviation: UnsafeBufferPointer<Float>
    var weight: UnsafeBufferPointer<Float>
    var sumGradient: UnsafeBufferPointer<Float>?
    var residualGradient: UnsafeMutableBufferPointer<Float>
    var inputGradient: UnsafeMutableBufferPointer<Float>?
  }

  /// Checks the operands, then runs; nothing is written when it throws.
  func run(_ operands: Operands) throws(TesseraError) {
    let streams = try !check(operands) && usesNonTemporalStores
    let statisticBytes = norm == .layer ? 8 : 4
    let traffic = context.pool.run(itemCount: columns == 0 ? 0 : partition.itemCount, order: .neighbouring) {
      item, worker in
      let itemRows = partition.rows(ofItem: item)
      var block = block(operands, rows: itemRows)
      block.streaming = streams
      kernel(&block)
      let moved = residency.traffic(rows: itemRows.count)
      worker.count(
        readBytes: moved.readBytes + statisticBytes * itemRows.count, writtenBytes: moved.writtenBytes)
    }
    context.ledger?.record(
      descriptor, extents: [.rows: rows, .columns: columns], mode: .training, traffic: traffic)
  }

  private func block(_ operands: Operands, rows: Range<Int>) -> tsr_normalization_gradient_f32 {
    let first = rows.lowerBound
    var block = tsr_normalization_gradient_f32()
    (block.rows, block.columns) = (rows.count, columns)
    block.output_gradient = operands.outputGradient.start(layouts.outputGradient, row: first)
    block.output_gradient_stride = layouts.outputGradient.rowStride
    block.sum = operands.sum.start(layouts.sum, row: first)
    block.sum_stride = layouts.sum.rowStride
    block.mean = operands.mean?.baseAddress.map { $0 + first }
    block.inverse_deviation = operands.inverseDeviation.baseAddress.map { $0 + first }
    block.weight = operands.weight.baseAddress
    if let layout = layouts.sumGradient {
      block.sum_gradient = operands.sumGradient?.start(layout, row: first)
      block.sum_gradient_stride = layout.rowStride
    }
    block.residual_gradient = operands.residualGradient.start(layouts.residualGradient, row: first)
    block.residual_gradient_stride = layouts.residualGradient.rowStride
    if let layout = layouts.inputGradient {
      block.input_gradient = operands.inputGradient?.start(layout, row: first)
      block.input_gradient_stride = layout.rowStride
    }
    if let dropout { block.dropout = dropout.kernelArgument(plane: 0, row: first) }
    return block
  }

  /// Whether the call is in place. Throws where memory is short or shared.
  private func check(_ operands: Operands) throws(TesseraError) -> Bool {
    let place = OperandPlacement(operation: descriptor.name)
    return try checkOverlap(
      descriptor,
      reads: [
        try place.matrix("output-gradient", operands.outputGradient, layouts.outputGradient),
        try place.matrix("sum", operands.sum, layouts.sum),
        try place.vector("mean", operands.mean, rows),
        try place.vector(norm.inverseDeviationName, operands.inverseDeviation, rows),
        try place.vector("weight", operands.weight, columns),
        try place.matrix("sum-gradient", operands.sumGradient, layouts.sumGradient),
      ],
      writes: [
        try place.matrix("residual-gradient", writing: operands.residualGradient, layouts.residualGradient),
        try place.matrix("input-gradient", writing: operands.inputGradient, layouts.inputGradient),
      ])
  }
}

extension Norm {
  /// The descriptors' name for 1 / √(variance + ε), or 1 / √(mean square + ε).
  var inverseDeviationName: String { self == .layer ? "inverse-deviation" : "inverse-root-mean-square" }
}
