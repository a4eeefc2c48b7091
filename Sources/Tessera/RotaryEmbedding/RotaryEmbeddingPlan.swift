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
  /// From head to head; nil where heads are not at equal distances.
  private let headStrides: (input: Int, output: Int)?
  /// Whether all heads of a row are taken before the next row: where heads lie beside each other in rows, memory is then
  /// read in order. Otherwise some rows of a head are taken before the next head.
  private let areHeadsBeside: Bool
  /// How many rows of a head are taken before the next head's, and into how many runs that cuts a head.
  private let rowsPerRun, runCount: Int
  /// Of rows of all heads, one sequence after the other; where heads are apart of runs: of each sequence all heads' first
  /// run, then all heads' second.
  private let partition: RowPartition
  private let kernel: tsr_f32_rotary_embedding_kernel
  /// Of calls with operands apart, and in place, where columns that are not rotated are not touched.
  private let descriptor: OperatorDescriptor
  private let inPlaceDescriptor: OperatorDescriptor
  private let context: ExecutionContext

  /// input and output: planes × rows × columns, the output contiguous unless given.
  /// Throws where layouts disagree or do not fit, elements of the output share a position, the table rotates more columns
  /// than there are, or the planes cannot be cut into so many sequences.
  public init(
    _ table: RotaryTable, pairing: RotaryPairing, input: BatchedMatrixLayout, output: BatchedMatrixLayout? = nil,
    sequences: Int = 1, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let output = output ?? BatchedMatrixLayout(planes: input.planes, rows: input.rows, columns: input.columns)
    try self.init(
      table, pairing: pairing, input: input, output: output, writesAtPositions: false, sequences: sequences,
      context: context)
  }

  /// Straight into a cache of planes × room × columns, such as one of keys: what is at position p of its sequence goes to
  /// row p, so that one plan serves sequences of all lengths and step after step. Throws as the other does.
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
    kernel = pairing == .interleaved ? kernels.interleaved : kernels.halfSplit
    // Without rows or planes extents may be too large to be added or multiplied.
    let isEmpty = input.planes == 0 || input.rows == 0
    if let ofInput = input.stride(ofHeads: heads), let ofOutput = output.stride(ofHeads: heads) {
      headStrides = (ofInput, ofOutput)
    } else {
      headStrides = nil
    }
    areHeadsBeside = headStrides.map { $0.input <= input.rowStride } ?? false
    rowsPerRun = areHeadsBeside ? 1 : max(1, min(input.rows, Self.runBytes / (4 * max(1, input.columns))))
    runCount = isEmpty ? 0 : (input.rows + rowsPerRun - 1) / rowsPerRun
    // A row is read and written.
    let (units, vectors) =
      isEmpty ? (0, 0) : areHeadsBeside ? (sequences * input.rows, heads) : (input.planes * runCount, rowsPerRun)
    partition = RowPartition(rows: units, bytesPerRow: isEmpty ? 0 : 2 * vectors * input.columns * 4)
    let isWhole = table.rotatedColumns == input.columns
    (descriptor, inPlaceDescriptor) =
      isWhole
      ? (.rotaryEmbedding, .rotaryEmbedding)
      : (
        .rotaryEmbedding(rotatedColumns: table.rotatedColumns, inPlace: false),
        .rotaryEmbedding(rotatedColumns: table.rotatedColumns, inPlace: true)
      )
  }

  /// `output` shares memory with nothing that is read, or is the input's memory with the same layout and no cache. `starts` are the
  /// positions of the sequences' first rows, 0 or more; 0 where left out. NaN and infinities reach their pair and no more.
  /// Throws before anything is written where a span is too short or a position is not in the table or the cache.
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
    let isIdle = heads == 0 || columns == 0
    // Units of a sequence, as the partition counts them.
    let sequenceUnits = areHeadsBeside ? rows : heads * runCount
    let traffic = context.pool.run(itemCount: isIdle ? 0 : partition.itemCount) { item, worker in
      let units = partition.rows(ofItem: item)
      var start = units.lowerBound
      while start < units.upperBound {
        let (sequence, first) = start.quotientAndRemainder(dividingBy: sequenceUnits)
        let part = part(first..<min(sequenceUnits, first + units.upperBound - start))
        rotate(
          part, sequence: sequence, position: starts?[sequence] ?? 0, columns: columns, input: input.baseAddress!,
          output: output.baseAddress!)
        let moved = partTraffic(part, columns: columns)
        worker.traffic.pointee.add(readBytes: moved.readBytes, writtenBytes: moved.writtenBytes)
        start += part.unitCount
      }
    }
    context.ledger?.record(
      isInPlace ? inPlaceDescriptor : descriptor,
      extents: [.planes: self.input.planes, .rows: rows, .columns: self.input.columns], mode: .inference,
      traffic: traffic)
  }

  /// Rows of some heads of one sequence: what one kernel call takes.
  private struct Part {
    var heads: Range<Int>
    var rows: Range<Int>
    var unitCount: Int
  }

  /// What the first of these units, of one sequence, begin with.
  private func part(_ units: Range<Int>) -> Part {
    guard !areHeadsBeside else { return Part(heads: 0..<heads, rows: units, unitCount: units.count) }
    let (run, head) = units.lowerBound.quotientAndRemainder(dividingBy: heads)
    let firstRow = run * rowsPerRun
    let count = headStrides == nil ? 1 : min(units.count, heads - head)
    return Part(
      heads: head..<head + count, rows: firstRow..<min(input.rows, firstRow + rowsPerRun), unitCount: count)
  }

  /// `position` is that of the sequence's first row; `columns` are read and written of a vector.
  private func rotate(
    _ part: Part, sequence: Int, position: Int, columns: Int, input: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>
  ) {
    let plane = sequence * heads + part.heads.lowerBound
    let (row, position) = (part.rows.lowerBound, position + part.rows.lowerBound)
    var block = tsr_rotary_embedding_f32()
    (block.rotated, block.columns) = (table.rotatedColumns, columns)
    block.input = input + self.input.start(ofPlane: plane) + row * self.input.rowStride
    block.table = table.row(ofPosition: position)
    block.output =
      output + self.output.start(ofPlane: plane) + (writesAtPositions ? position : row) * self.output.rowStride
    (block.position_count, block.head_count) = (part.rows.count, part.heads.count)
    block.heads_apart = !areHeadsBeside
    (block.input_stride, block.output_stride) = (self.input.rowStride, self.output.rowStride)
    (block.input_head_stride, block.output_head_stride) = headStrides ?? (0, 0)
    block.streaming = 2 * self.input.planes * self.input.rows * columns * 4 > context.fastMemoryBytes
    kernel(&block)
  }

  /// Vectors once; the table's rows once, or for each head where they do not stay from one to the next.
  private func partTraffic(_ part: Part, columns: Int) -> Traffic {
    let (tableBytes, vectorBytes) = (table.rotatedColumns * 4, columns * 4)
    let rowsBetween = areHeadsBeside ? 1 : part.rows.count
    let stays = rowsBetween * (2 * vectorBytes + tableBytes) <= context.fastMemoryBytes
    let tableRows = part.rows.count * (stays ? 1 : part.heads.count)
    let vectors = part.rows.count * part.heads.count
    return Traffic(readBytes: vectors * vectorBytes + tableRows * tableBytes, writtenBytes: vectors * vectorBytes)
  }

  /// Of a head's run. Its rows of the table, at most as many bytes, then stay for the heads that follow, and an item of a
  /// mebibyte has sixteen heads to read them for.
  private static let runBytes = 32 << 10
}
