import CTesseraKernels

/// The gradient of the table that embedding rows were taken from, planned.
///
///     tableGradient[v][c] = Σ_r outputGradient[r][c] over the rows with ids[r] = v, or that added to what it holds
///
/// The rows of a number are added up in ascending order, 128 at a time in single precision and those sums in double;
/// what there is to be added to begins the first. So the bits are the same for every number of threads and in every
/// variant. A row of the table is worked on by one thread, or each part of it by one.
///
/// Added to what is there, a call touches the rows of the table that are named and no others. Else it writes the whole
/// table, with zeros where no id points: vocabulary · columns · 4 bytes, however few rows there are. A training step
/// with a large table clears it once, and adds. A plan holds its scratch, so one plan runs one call at a time.
public final class EmbeddingRowsGradientPlan {
  let outputGradient: MatrixLayout
  let tableGradient: MatrixLayout
  let accumulates: Bool
  let descriptor: OperatorDescriptor
  let kernel: tsr_f32_ordered_row_sum_kernel
  let usesNonTemporalStores: Bool
  let context: ExecutionContext
  private let rowsByNumber: RowsByNumber
  private let named: NamedRowItems
  private let unnamed: RowPartition
  private let scratch: RowScratch
  /// A row of sums in double precision for each thread.
  private let totals: AlignedBuffer<Double>

  /// Rows that are added up in single precision.
  static let rowsPerSum = 128

  var columns: Int { outputGradient.columns }
  var vocabulary: Int { tableGradient.rows }

  /// The order of the rows, work items, and a row or two for each thread.
  public var workspaceBytes: Int {
    rowsByNumber.byteCount + named.byteCount + scratch.byteCount + totals.count * MemoryLayout<Double>.stride
  }

  /// outputGradient: rows × columns, any row stride; tableGradient: vocabulary × columns. `accumulates`: the sums are
  /// added to what is there, as over the parts of a batch, or where the table is a head's weights too. Throws where
  /// layouts disagree or do not fit.
  public init(
    outputGradient: MatrixLayout, tableGradient: MatrixLayout, accumulates: Bool = false,
    context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let descriptor = OperatorDescriptor.embeddingRowsGradient(accumulates: accumulates)
    let (rows, columns, vocabulary) = (outputGradient.rows, outputGradient.columns, tableGradient.rows)
    try outputGradient.check(
      rows: rows, columns: columns, count: .max, written: false, operation: descriptor.name, operand: "output-gradient")
    try tableGradient.check(
      rows: vocabulary, columns: columns, count: .max, written: true, operation: descriptor.name,
      operand: "table-gradient")
    try descriptor.checkSize([.rows: rows, .columns: columns, .vocabulary: vocabulary])
    let context = try ExecutionContext.resolve(context)
    (self.outputGradient, self.tableGradient, self.accumulates) = (outputGradient, tableGradient, accumulates)
    (self.descriptor, self.context) = (descriptor, context)
    kernel = ElementwiseGradientKernels.variants.best(for: context.instructionSet).ordered_row_sum
    rowsByNumber = try RowsByNumber(rows: rows, vocabulary: vocabulary)
    named = try NamedRowItems(rows: rows, columns: columns)
    let rowBytes = ElementType.float32.byteCount(ofElements: columns)
    unnamed = RowPartition(rows: accumulates || columns == 0 ? 0 : vocabulary, bytesPerRow: rowBytes)
    usesNonTemporalStores = !accumulates && (rows + vocabulary) * rowBytes > context.fastMemoryBytes
    scratch = try RowScratch(columns: columns, threadCount: context.pool.threadCount)
    let (count, overflow) = columns.multipliedReportingOverflow(by: context.pool.threadCount)
    guard !overflow else { throw .outOfMemory(byteCount: .max) }
    totals = try AlignedBuffer(uninitializedCount: count)
  }

  /// ids: at least one for each row of outputGradient, 0 or more and below the vocabulary. Without rows the gradient is
  /// 0, or what is there. NaN and infinities reach the rows that they are added to. tableGradient shares memory with
  /// nothing that is read. Throws before anything is written where memory is short or shared or an id is not in the
  /// table.
  public func run(
    ids: Span<Int32>, outputGradient: Span<Float>, tableGradient: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var tableGradient = tableGradient
    try ids.withBuffer { ids throws(TesseraError) in
      try outputGradient.withBuffer { outputGradient throws(TesseraError) in
        try tableGradient.withMutableBuffer { tableGradient throws(TesseraError) in
          try run(.init(ids: ids, outputGradient: outputGradient, tableGradient: tableGradient))
        }
      }
    }
  }

  /// The call's memory.
  struct Operands {
    var ids: UnsafeBufferPointer<Int32>
    var outputGradient: UnsafeBufferPointer<Float>
    var tableGradient: UnsafeMutableBufferPointer<Float>
  }

  func run(_ operands: Operands) throws(TesseraError) {
    try check(operands)
    let rows = outputGradient.rows
    let order = rowsByNumber.sorted(by: operands.ids)
    let items = named.items(of: order, operands.ids)
    var traffic = context.pool.run(itemCount: items.count + unnamed.itemCount) { item, worker in
      let moved =
        item < items.count
        ? sum(items[item], order, operands, worker: worker.index)
        : clear(unnamed.rows(ofItem: item - items.count), order, operands)
      worker.count(moved)
      if usesNonTemporalStores { tsr_processor_stream_fence() }
    }
    traffic.readBytes += ElementType.int32.byteCount(ofElements: rows)
    context.ledger?.record(
      descriptor, extents: [.rows: rows, .columns: columns, .vocabulary: vocabulary], mode: .training,
      traffic: traffic)
  }

  /// Scratch of a thread: a row of sums on their way, and their totals.
  func scratch(ofWorker worker: Int) -> (sums: UnsafeMutablePointer<Float>, totals: UnsafeMutablePointer<Double>) {
    (scratch.row(ofWorker: worker), totals.pointer + worker * columns)
  }

  private func check(_ operands: Operands) throws(TesseraError) {
    let (name, rows) = (descriptor.name, outputGradient.rows)
    try checkVector(operands.ids.count, expected: rows, operation: name, operand: "ids")
    let place = OperandPlacement(operation: name)
    try checkOverlap(
      descriptor,
      reads: [
        PlacedMatrix("ids", bytes: operands.ids.baseAddress, count: ElementType.int32.byteCount(ofElements: rows)),
        try place.matrix("output-gradient", operands.outputGradient, outputGradient),
      ], writes: [try place.matrix("table-gradient", writing: operands.tableGradient, tableGradient)])
    if let wrong = operands.ids.prefix(rows).first(where: { $0 < 0 || Int($0) >= vocabulary }) {
      throw .invalidOperand(
        operation: name, operand: "ids", expected: "numbers of rows, 0 or more and below \(vocabulary)",
        actual: "\(wrong)")
    }
  }
}

/// The gradient of the table that embedding rows were taken from, in one call: makes a plan, runs it, lets it go. See
/// `EmbeddingRowsGradientPlan`.
public func embeddingRowsGradient(
  ids: Span<Int32>, _ outputGradient: Span<Float>, _ layout: MatrixLayout,
  tableGradient: consuming MutableSpan<Float>, vocabulary: Int, accumulates: Bool = false,
  context: ExecutionContext? = nil
) throws(TesseraError) {
  try EmbeddingRowsGradientPlan(
    outputGradient: layout, tableGradient: MatrixLayout(rows: vocabulary, columns: layout.columns),
    accumulates: accumulates, context: context
  ).run(ids: ids, outputGradient: outputGradient, tableGradient: tableGradient)
}
