import CTesseraKernels

/// Rotary position embedding of the heads of some sequences, planned: variant, order and work items.
///
///     (output[a], output[b]) = (input[a] · cos θ − input[b] · sin θ, input[b] · cos θ + input[a] · sin θ)
///     θ = position · frequency[i] for pair i of a head: columns 2i and 2i + 1, or i and i + rotatedColumns / 2
///
/// Columns past the table's are not rotated: they are copied, or in place left alone. Planes are sequences × heads, as
/// attention's are; row r of sequence s is at position start[s] + r. Any number of threads may run one plan.
/// Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding" (2021).
public struct RotaryEmbeddingPlan: Sendable {
  let table: RotaryTable
  let input: BatchedMatrixLayout
  let output: BatchedMatrixLayout
  let sequences: Int
  /// Whether the output's rows are positions, of which a call writes the input's.
  let writesAtPositions: Bool
  private let heads: Int
  /// The distances from head to head, where heads lie beside each other in rows, so that memory is read in order when
  /// all heads of a row are taken first; nil where the rows of a head are.
  private let headStrides: (input: Int, output: Int)?
  /// Items of rows of all heads, or of rows of single heads, one sequence after the other.
  private let partition: RowPartition
  private let kernel: tsr_f32_rotary_embedding_kernel
  /// What calls are with operands apart, and in place, where columns that are not rotated are not touched.
  private let descriptor: OperatorDescriptor
  private let inPlaceDescriptor: OperatorDescriptor
  private let context: ExecutionContext

  /// input and output: planes × rows × columns, the output contiguous unless given.
  /// Throws where layouts disagree or do not fit, elements of the output share a position, the table rotates more
  /// columns than there are, or the planes cannot be cut into so many sequences.
  public init(
    _ table: RotaryTable, pairing: RotaryPairing, input: BatchedMatrixLayout, output: BatchedMatrixLayout? = nil,
    sequences: Int = 1, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let output = output ?? BatchedMatrixLayout(planes: input.planes, rows: input.rows, columns: input.columns)
    try self.init(
      table, pairing: pairing, input: input, output: output, writesAtPositions: false, sequences: sequences,
      context: context)
  }

  /// Straight into a cache of planes × room × columns, such as one of keys: what is at position p of its sequence goes
  /// to row p, so that one plan serves sequences of all lengths and step after step. Throws as the other does.
  public init(
    _ table: RotaryTable, pairing: RotaryPairing, input: BatchedMatrixLayout, cache: BatchedMatrixLayout,
    sequences: Int = 1, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    try self.init(
      table, pairing: pairing, input: input, output: cache, writesAtPositions: true, sequences: sequences,
      context: context)
  }

  private init(
    _ table: RotaryTable, pairing: RotaryPairing, input: BatchedMatrixLayout, output: BatchedMatrixLayout,
    writesAtPositions: Bool, sequences: Int, context: ExecutionContext?
  ) throws(TesseraError) {
    try Self.check(
      table, input: input, output: output, outputRows: writesAtPositions ? output.rows : input.rows,
      sequences: sequences)
    let context = try ExecutionContext.resolve(context)
    self.table = table
    self.input = input
    self.output = output
    self.sequences = sequences
    self.writesAtPositions = writesAtPositions
    self.context = context
    heads = sequences == 0 ? 0 : input.planes / sequences
    let kernels = RotaryEmbeddingKernels.variants.best(for: context.instructionSet)
    kernel = pairing == .interleaved ? kernels.interleaved : kernels.half_split
    let headCount = heads
    if let ofInput = input.stride(ofHeads: headCount), let ofOutput = output.stride(ofHeads: headCount),
      ofInput <= input.rowStride
    {
      headStrides = (ofInput, ofOutput)
    } else {
      headStrides = nil
    }
    // A row is read and written. Without rows or planes extents may be too large to be multiplied.
    let isEmpty = input.planes == 0 || input.rows == 0
    let (rowCount, vectorsPerRow) = headStrides == nil ? (input.planes, 1) : (sequences, headCount)
    partition = RowPartition(
      rows: isEmpty ? 0 : rowCount * input.rows,
      bytesPerRow: isEmpty ? 0 : ElementType.float32.byteCount(ofElements: 2 * vectorsPerRow * input.columns))
    let isWhole = table.rotatedColumns == input.columns
    (descriptor, inPlaceDescriptor) =
      isWhole
      ? (.rotaryEmbedding, .rotaryEmbedding)
      : (
        .rotaryEmbedding(rotatedColumns: table.rotatedColumns, inPlace: false),
        .rotaryEmbedding(rotatedColumns: table.rotatedColumns, inPlace: true)
      )
  }

  /// `output` shares memory with nothing that is read, or is the input's memory with the same layout and no cache.
  /// `starts` are the positions of the sequences' first rows, 0 or more; 0 where left out. NaN and infinities reach
  /// their pair and no more. Throws before anything is written where a span is too short or a position is not in the
  /// table or the cache.
  public func run(
    _ input: Span<Float>, output: consuming MutableSpan<Float>, startingAt starts: [Int]? = nil
  ) throws(TesseraError) {
    var output = output
    try input.withBuffer { input throws(TesseraError) in
      try output.withMutableBuffer { output throws(TesseraError) in
        try run(input: input, output: output, startingAt: starts)
      }
    }
  }

  /// The same with the result in place of the input; needs a plan whose two layouts are the same.
  public func run(
    inPlace heads: consuming MutableSpan<Float>, startingAt starts: [Int]? = nil
  ) throws(TesseraError) {
    var heads = heads
    try heads.withMutableBuffer { heads throws(TesseraError) in
      try run(input: UnsafeBufferPointer(heads), output: heads, startingAt: starts)
    }
  }

  func run(
    input: UnsafeBufferPointer<Float>, output: UnsafeMutableBufferPointer<Float>, startingAt starts: [Int]?
  ) throws(TesseraError) {
    let isInPlace = try check(input, output, starts)
    let (rows, columns) = (self.input.rows, isInPlace ? table.rotatedColumns : self.input.columns)
    let isIdle = heads == 0 || columns == 0 || partition.itemCount == 0
    let touchedBytes = ElementType.float32.byteCount(ofElements: 2 * self.input.planes * rows * columns)
    let streams = !isIdle && !isInPlace && touchedBytes > context.fastMemoryBytes
    // Rows of a sequence, as the partition counts them.
    let sequenceRows = headStrides == nil ? heads * rows : rows
    let traffic = context.pool.run(itemCount: isIdle ? 0 : partition.itemCount, order: .neighbouring) { item, worker in
      let itemRows = partition.rows(ofItem: item)
      var start = itemRows.lowerBound
      while start < itemRows.upperBound {
        let (sequence, first) = start.quotientAndRemainder(dividingBy: sequenceRows)
        let end = min(itemRows.upperBound - sequence * sequenceRows, sequenceRows)
        let part = Part(
          sequence: sequence, rows: first..<end, position: starts?[sequence] ?? 0, columns: columns, streams: streams)
        rotate(part, input: input.baseAddress!, output: output.baseAddress!)
        let moved = partTraffic(part)
        worker.count(moved)
        start = sequence * sequenceRows + end
      }
    }
    context.ledger?.record(
      isInPlace ? inPlaceDescriptor : descriptor,
      extents: [.planes: self.input.planes, .rows: rows, .columns: self.input.columns], mode: .inference,
      traffic: traffic)
  }

  /// The part of an item that lies in one sequence.
  private struct Part {
    var sequence: Int
    /// Rows as the partition counts them: of all heads, or of one head after the other.
    var rows: Range<Int>
    /// The position of the sequence's first row.
    var position: Int
    /// What is read and written of a vector.
    var columns: Int
    var streams: Bool
  }

  private func rotate(_ part: Part, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
    let firstPlane = part.sequence * heads
    guard headStrides == nil else {
      return rotate(part, plane: firstPlane, rows: part.rows, input: input, output: output)
    }
    let rowCount = self.input.rows
    var start = part.rows.lowerBound
    while start < part.rows.upperBound {
      let (head, row) = start.quotientAndRemainder(dividingBy: rowCount)
      let end = min(rowCount, part.rows.upperBound - head * rowCount)
      rotate(part, plane: firstPlane + head, rows: row..<end, input: input, output: output)
      start = head * rowCount + end
    }
  }

  /// Rows of one plane, or of the plane and the other heads beside it.
  private func rotate(
    _ part: Part, plane: Int, rows: Range<Int>, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    var block = tsr_rotary_embedding_f32()
    (block.rotated, block.columns) = (table.rotatedColumns, part.columns)
    block.input = input + self.input.start(ofPlane: plane) + rows.lowerBound * self.input.rowStride
    let position = part.position + rows.lowerBound
    block.table = table.row(ofPosition: position)
    let outputRow = writesAtPositions ? position : rows.lowerBound
    block.output = output + self.output.start(ofPlane: plane) + outputRow * self.output.rowStride
    block.position_count = rows.count
    (block.input_stride, block.output_stride) = (self.input.rowStride, self.output.rowStride)
    block.head_count = headStrides == nil ? 1 : heads
    (block.input_head_stride, block.output_head_stride) = headStrides ?? (0, 0)
    block.streaming = part.streams
    kernel(&block)
  }

  /// Vectors once; the table's rows once, or for each head where they do not stay from one to the next.
  private func partTraffic(_ part: Part) -> Traffic {
    let (tableBytes, vectorBytes) = (
      ElementType.float32.byteCount(ofElements: table.rotatedColumns),
      ElementType.float32.byteCount(ofElements: part.columns)
    )
    let headsBeside = headStrides == nil ? 1 : heads
    let rowsBetween = headStrides == nil ? input.rows : 1
    let stays = rowsBetween * (2 * vectorBytes + tableBytes) <= context.fastMemoryBytes
    // Rows of one head after the other are at new positions until the first head's have come round.
    let tableRows = stays ? min(part.rows.count, input.rows) : part.rows.count * headsBeside
    let vectors = part.rows.count * headsBeside
    return Traffic(readBytes: vectors * vectorBytes + tableRows * tableBytes, writtenBytes: vectors * vectorBytes)
  }
}
