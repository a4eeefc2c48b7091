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
  let heads: Int
  /// Distances from head to head; nil where planes are nested in another way, so that each is a call of its own.
  let headStrides: (input: Int, output: Int)?
  /// Rows of all sequences, one after the other.
  private let partition: RowPartition
  private let kernel: tsr_f32_rotary_embedding_kernel
  /// Of calls with operands apart, and in place, where columns that are not rotated are not touched.
  private let descriptor: OperatorDescriptor
  private let inPlaceDescriptor: OperatorDescriptor
  private let context: ExecutionContext

  /// input and output: planes × rows × columns, the output contiguous unless given, such as in a cache of keys.
  /// Throws where layouts disagree or do not fit, elements of the output share a position, the table rotates more columns
  /// than there are, or the planes cannot be cut into so many sequences.
  public init(
    _ table: RotaryTable, pairing: RotaryPairing, input: BatchedMatrixLayout, output: BatchedMatrixLayout? = nil,
    sequences: Int = 1, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let output = output ?? BatchedMatrixLayout(planes: input.planes, rows: input.rows, columns: input.columns)
    try Self.check(table, input: input, output: output, sequences: sequences)
    let context = try ExecutionContext.resolve(context)
    self.table = table
    self.input = input
    self.output = output
    self.sequences = sequences
    self.context = context
    heads = sequences == 0 ? 0 : input.planes / sequences
    let kernels = RotaryEmbeddingKernels.variants.best(for: context.instructionSet)
    kernel = pairing == .interleaved ? kernels.interleaved : kernels.halfSplit
    if let ofInput = input.stride(ofHeads: heads), let ofOutput = output.stride(ofHeads: heads) {
      headStrides = (ofInput, ofOutput)
    } else {
      headStrides = nil
    }
    // A row of all heads is read and written. Without rows or planes extents may be too large to be multiplied.
    let isEmpty = input.planes == 0 || input.rows == 0
    partition = RowPartition(
      rows: isEmpty ? 0 : sequences * input.rows, bytesPerRow: isEmpty ? 0 : 2 * heads * input.columns * 4)
    let isWhole = table.rotatedColumns == input.columns
    (descriptor, inPlaceDescriptor) =
      isWhole
      ? (.rotaryEmbedding, .rotaryEmbedding)
      : (
        .rotaryEmbedding(rotatedColumns: table.rotatedColumns, inPlace: false),
        .rotaryEmbedding(rotatedColumns: table.rotatedColumns, inPlace: true)
      )
  }

  /// `output` shares memory with nothing that is read, or is the input's memory with the same layout. `starts` are the
  /// positions of the sequences' first rows, 0 or more; 0 where left out. NaN and infinities reach their pair and no more.
  /// Throws before anything is written where a span is too short or a position is not in the table.
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
    let rows = self.input.rows
    let columns = isInPlace ? table.rotatedColumns : self.input.columns
    let isIdle = heads == 0 || columns == 0
    let traffic = context.pool.run(itemCount: isIdle ? 0 : partition.itemCount) { item, worker in
      let itemRows = partition.rows(ofItem: item)
      var moved = Traffic()
      // A kernel call stays inside one sequence, whose rows are at positions of its own.
      var start = itemRows.lowerBound
      while start < itemRows.upperBound {
        let (sequence, row) = start.quotientAndRemainder(dividingBy: rows)
        let count = min(itemRows.upperBound - start, rows - row)
        let segment = Segment(
          sequence: sequence, rows: row..<row + count, position: row + (starts?[sequence] ?? 0), columns: columns)
        rotate(segment, input: input.baseAddress!, output: output.baseAddress!)
        moved += segmentTraffic(segment)
        start += count
      }
      worker.traffic.pointee.add(readBytes: moved.readBytes, writtenBytes: moved.writtenBytes)
    }
    context.ledger?.record(
      isInPlace ? inPlaceDescriptor : descriptor,
      extents: [.planes: self.input.planes, .rows: rows, .columns: self.input.columns], mode: .inference,
      traffic: traffic)
  }

  /// Neighbouring rows of all heads of one sequence.
  private struct Segment {
    var sequence: Int
    var rows: Range<Int>
    /// Of the first row.
    var position: Int
    /// What is read and written of a vector.
    var columns: Int
  }

  private func rotate(
    _ segment: Segment, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    // All heads in one call, or one after the other.
    let (calls, headCount) = headStrides == nil ? (heads, 1) : (1, heads)
    for call in 0..<calls {
      let plane = segment.sequence * heads + call
      let row = segment.rows.lowerBound
      var block = tsr_rotary_embedding_f32()
      block.rotated = table.rotatedColumns
      block.columns = segment.columns
      block.input = input + self.input.start(ofPlane: plane) + row * self.input.rowStride
      block.output = output + self.output.start(ofPlane: plane) + row * self.output.rowStride
      block.table = table.row(ofPosition: segment.position)
      let positions = Level(
        count: segment.rows.count, input: self.input.rowStride, output: self.output.rowStride,
        table: table.rotatedColumns)
      let ofHeads = Level(
        count: headCount, input: headStrides?.input ?? 0, output: headStrides?.output ?? 0, table: 0)
      let (outer, inner) = headsAreInner ? (positions, ofHeads) : (ofHeads, positions)
      (block.outer_count, block.inner_count) = (outer.count, inner.count)
      (block.input_outer_stride, block.input_inner_stride) = (outer.input, inner.input)
      (block.output_outer_stride, block.output_inner_stride) = (outer.output, inner.output)
      (block.table_outer_stride, block.table_inner_stride) = (outer.table, inner.table)
      block.streaming = partition.rows * 2 * heads * segment.columns * 4 > context.fastMemoryBytes
      kernel(&block)
    }
  }

  /// A level of the kernel's loops.
  private struct Level {
    var count: Int
    var input: Int
    var output: Int
    var table: Int
  }

  /// Whether heads lie beside each other in a row, so that memory is read in order when they are taken first.
  private var headsAreInner: Bool { headStrides.map { $0.input < input.rowStride } ?? false }

  /// Vectors once; the table's rows once, or for each head where they do not stay from one to the next.
  private func segmentTraffic(_ segment: Segment) -> Traffic {
    let (rowCount, tableBytes) = (segment.rows.count, table.rotatedColumns * 4)
    let vectorBytes = segment.columns * 4
    let touchedBetween = (headsAreInner ? 1 : rowCount) * (2 * vectorBytes + tableBytes)
    let tableReads = touchedBetween <= context.fastMemoryBytes ? 1 : heads
    return Traffic(
      readBytes: rowCount * (heads * vectorBytes + tableReads * tableBytes),
      writtenBytes: rowCount * heads * vectorBytes)
  }
}
