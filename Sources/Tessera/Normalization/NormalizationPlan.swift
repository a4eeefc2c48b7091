import CTesseraKernels

/// What the norms and their fused forms share: row scratch, work items, residency and the loop over items.
/// Plans that hold one with scratch are classes.
struct NormalizationPlan: Sendable {
  struct Layouts {
    var input: MatrixLayout
    var output: MatrixLayout
    /// The residual's layout; nil for a norm alone.
    var residual: MatrixLayout?
    /// That of what is normalised, where a fused kernel writes it: training keeps it, or it is returned; may be the
    /// residual's.
    var sum: MatrixLayout?
  }

  /// The descriptor of this call: without what it lacks, with what it returns.
  let descriptor: OperatorDescriptor
  /// What errors name, where the norm rides on another operator: that one, and a prefix of the norm's own parameters.
  let operation: String
  let parameterPrefix: String
  let layouts: Layouts
  let mode: ExecutionMode
  let hasBias: Bool
  /// The descriptor's name for 1 / √(variance + ε) or 1 / √(mean square + ε).
  let inverseDeviationName: String
  private let epsilon: Float
  private var dropout: Dropout?
  let kernel: tsr_f32_normalization_kernel
  /// A row for the fused kernels, which need theirs again; a norm alone sweeps its input where that lies.
  let scratch: RowScratch?
  private let partition: RowPartition
  let residency: RowResidency
  private let usesNonTemporalStores: Bool
  let context: ExecutionContext

  var workspaceBytes: Int { scratch?.byteCount ?? 0 }
  var rows: Int { layouts.input.rows }
  var columns: Int { layouts.input.columns }

  /// The fused kernel with a residual, the norm alone without one. Training's fused kernels have a layout of the sum.
  /// `keepsStatistics`: calls of layer norm alone write mean and inverse deviation.
  init(
    _ norm: Norm, layouts: Layouts, hasBias: Bool = true, epsilon: Float, dropout: Dropout?, mode: ExecutionMode,
    keepsStatistics: Bool = false, ridingOn operation: String? = nil, context: ExecutionContext
  ) throws(TesseraError) {
    let isFused = layouts.residual != nil
    let alone: OperatorDescriptor =
      norm == .layer ? (keepsStatistics ? .layerNormKeepingStatistics : .layerNorm) : .rmsNorm
    descriptor =
      isFused
      ? .biasDropoutResidualNorm(norm, hasBias: hasBias, returnsSum: mode == .inference && layouts.sum != nil) : alone
    self.operation = operation ?? descriptor.name
    parameterPrefix = operation == nil ? "" : "norm-"
    inverseDeviationName = norm.inverseDeviationName
    kernel = NormalizationKernels.variants.best(for: context.instructionSet).kernel(of: norm, isFused: isFused)
    self.layouts = layouts
    self.mode = mode
    self.hasBias = isFused && hasBias
    self.epsilon = epsilon
    // Inference drops nothing, and what drops nothing costs nothing.
    self.dropout = mode == .training ? dropout.flatMap { $0.isIdentity ? nil : $0 } : nil
    self.context = context
    let (rows, columns) = (layouts.input.rows, layouts.input.columns)
    guard epsilon >= 0, epsilon.isFinite else {
      throw .invalidOperand(
        operation: self.operation, operand: "epsilon", expected: "a finite number, 0 or more", actual: epsilon.spelled)
    }
    if self.dropout != nil {
      try checkCounterWords(planes: 1, rows: rows, columns: columns, operation: self.operation)
    }
    for (operand, layout, isWritten) in [
      ("input", layouts.input, false), ("residual", layouts.residual, false), ("output", layouts.output, true),
      ("sum", layouts.sum, true),
    ] {
      try layout?.check(
        rows: rows, columns: columns, count: .max, written: isWritten, operation: self.operation, operand: operand)
    }
    scratch = isFused ? try RowScratch(columns: columns, threadCount: context.pool.threadCount) : nil
    let passes = Self.passes(norm, descriptor, columns: columns, writesSum: layouts.sum != nil)
    residency = RowResidency(passes: passes, capacity: context.fastMemoryBytes)
    let streamedBytes = Set(passes.flatMap { $0.reads + $0.writes }).filter { $0.kind == .perRow }.reduce(0) {
      $0 + $1.bytes
    }
    partition = RowPartition(rows: rows, bytesPerRow: streamedBytes)
    usesNonTemporalStores = rows * streamedBytes > context.fastMemoryBytes
  }

  /// Draws of calls from now on; nothing where nothing is dropped.
  mutating func setDropoutOffset(_ offset: UInt32) { dropout = dropout?.at(offset: offset) }

  /// What the kernel sweeps, in its order.
  private static func passes(
    _ norm: Norm, _ descriptor: OperatorDescriptor, columns: Int, writesSum: Bool
  ) -> [RowResidency.Pass] {
    func stream(_ name: String, _ kind: RowResidency.Stream.Kind) -> RowResidency.Stream {
      .init(name, bytes: ElementType.float32.byteCount(ofElements: columns), kind)
    }
    func streams(_ wanted: [String], _ kind: RowResidency.Stream.Kind) -> [RowResidency.Stream] {
      descriptor.reads.map(\.name).filter(wanted.contains).map { stream($0, kind) }
    }
    let isFused = !descriptor.fuses.isEmpty
    // Alone, a norm sweeps its input in each pass where that lies.
    let row = isFused ? stream("scratch", .scratch) : stream("input", .perRow)
    let first =
      isFused
      ? RowResidency.Pass(
        reads: streams(["input", "residual"], .perRow) + streams(["bias"], .shared),
        writes: [row] + (writesSum ? [stream("sum", .perRow)] : [])) : .init(reads: [row], writes: [])
    let deviations = RowResidency.Pass(reads: [row], writes: [])
    let map = RowResidency.Pass(
      reads: [row] + streams(["weight", "shift"], .shared), writes: [stream("output", .perRow)])
    // The root mean square is known after the first pass, the deviations from a mean are not.
    return norm == .layer ? [first, deviations, map] : [first, map]
  }

  /// The call's memory; what is nil is not used or not wanted.
  struct Operands {
    var input: UnsafeBufferPointer<Float>
    var bias: UnsafeBufferPointer<Float>? = nil
    var residual: UnsafeBufferPointer<Float>? = nil
    var weight: UnsafeBufferPointer<Float>
    var shift: UnsafeBufferPointer<Float>? = nil
    var output: UnsafeMutableBufferPointer<Float>
    var sum: UnsafeMutableBufferPointer<Float>? = nil
    var mean: UnsafeMutableBufferPointer<Float>? = nil
    var inverseDeviation: UnsafeMutableBufferPointer<Float>? = nil
  }

  /// Checks the operands, then runs; nothing is written when it throws.
  func run(_ operands: Operands) throws(TesseraError) {
    let traffic = runChecked(operands, isInPlace: try check(operands))
    context.ledger?.record(
      descriptor, extents: [.rows: rows, .columns: columns], mode: mode, traffic: traffic)
  }

  /// Runs a call that has been checked, and returns what it moved.
  func runChecked(_ operands: Operands, isInPlace: Bool) -> Traffic {
    let streams = !isInPlace && usesNonTemporalStores
    // Rows of no columns have statistics to write, if those are kept, and nothing else.
    let isIdle = columns == 0 && operands.mean == nil && operands.inverseDeviation == nil
    return context.pool.run(itemCount: isIdle ? 0 : partition.itemCount, order: .neighbouring) { item, worker in
      let itemRows = partition.rows(ofItem: item)
      var block = block(operands, rows: itemRows)
      block.streaming = streams
      block.scratch = scratch?.row(ofWorker: worker.index)
      kernel(&block)
      let moved = residency.traffic(rows: itemRows.count)
      let statistics = ((operands.mean == nil ? 0 : 4) + (operands.inverseDeviation == nil ? 0 : 4)) * itemRows.count
      worker.count(readBytes: moved.readBytes, writtenBytes: moved.writtenBytes + statistics)
    }
  }

  func block(_ operands: Operands, rows: Range<Int>) -> tsr_normalization_f32 {
    let first = rows.lowerBound
    var block = tsr_normalization_f32()
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
    block.shift = operands.shift?.baseAddress
    block.output = operands.output.baseAddress.map { $0 + layouts.output.offset + first * layouts.output.rowStride }
    block.output_stride = layouts.output.rowStride
    if let sum = layouts.sum {
      block.sum = operands.sum?.baseAddress.map { $0 + sum.offset + first * sum.rowStride }
      block.sum_stride = sum.rowStride
    }
    if let dropout { block.dropout = dropout.kernelArgument(plane: 0, row: first) }
    return block
  }
}
