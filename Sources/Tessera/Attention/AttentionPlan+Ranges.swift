extension AttentionPlan {
  /// Attention over keys and values in ranges of a cache, as many a sequence as `ranges` says: the problem's
  /// `keyLength` is the most, its layouts of keys and values and its `keyLengths` are not looked at.
  ///
  /// `keys` and `values` are memory of elements of the problem's `keyValueType`, aligned to 4 bytes for floats. Masks,
  /// slopes, query offsets and the columns of bias and Boolean mask count a sequence's keys as its ranges have them.
  /// Rows of bias and Boolean mask lie as the problem's layouts say; the columns past a sequence's keys are not used.
  /// Else as `run(queries:keys:values:bias:mask:slopes:sinks:output:keeping:)`. Throws before anything is written where
  /// an operand is missing or too short, ranges leave the memory or do not fit the problem, or what is written shares
  /// memory with anything else.
  public func run(
    queries: Span<Float>, keys: RawSpan, values: RawSpan, at ranges: KeyValueRanges, bias: Span<Float>? = nil,
    mask: Span<UInt8>? = nil, slopes: Span<Float>? = nil, sinks: Span<Float>? = nil,
    output: consuming MutableSpan<Float>, keeping kept: AttentionSavedTensors? = nil
  ) throws(TesseraError) {
    try run(
      queries: queries, keys: keys, values: values, ranges: ranges, bias: bias, mask: mask, slopes: slopes,
      sinks: sinks, output: output, keeping: kept)
  }

  /// Throws where ranges do not fit the problem, or leave the memory.
  func check(
    _ ranges: KeyValueRanges, keys: UnsafeRawBufferPointer, values: UnsafeRawBufferPointer
  ) throws(TesseraError) {
    guard ranges.type == problem.keyValueType else {
      throw invalid("keys", expected: "elements of type \(problem.keyValueType.name)", actual: ranges.type.name)
    }
    guard ranges.lengths.count == problem.batch else {
      throw invalid("ranges", expected: "\(problem.batch) sequences", actual: "\(ranges.lengths.count)")
    }
    try check("keys", keys, ranges.type, ranges.keyStrides, width: problem.headDimension)
    try check("values", values, ranges.type, ranges.valueStrides, width: problem.valueDimension)
    for sequence in 0..<problem.batch {
      let indices = ranges.indices(ofSequence: sequence)
      for index in indices {
        let (range, isLast) = (ranges.ranges[index], index == indices.upperBound - 1)
        guard range.count > 0, range.count <= problem.keyLength - ranges.firsts[index] else {
          throw invalid(
            "range of sequence \(sequence)", expected: "keys, \(problem.keyLength) at most in all",
            actual: "\(range.count) from \(ranges.firsts[index]) on")
        }
        guard isLast || range.count % KeyValueRanges.granule == 0 else {
          throw invalid(
            "range of sequence \(sequence)", expected: "a multiple of \(KeyValueRanges.granule) keys, as others follow",
            actual: "\(range.count)")
        }
        try check("keys", range.keyOffset, range.count, keys, ranges.type, ranges.keyStrides, problem.headDimension)
        try check(
          "values", range.valueOffset, range.count, values, ranges.type, ranges.valueStrides, problem.valueDimension)
      }
    }
  }

  /// Strides and alignment, so that every element's place is a whole number of bytes.
  private func check(
    _ operand: String, _ memory: UnsafeRawBufferPointer, _ type: ElementType, _ strides: KeyValueRanges.Strides,
    width: Int
  ) throws(TesseraError) {
    let block = type.blockElements
    guard width % block == 0, strides.row >= 0, strides.head >= 0, strides.row % block == 0, strides.head % block == 0
    else {
      throw invalid(
        operand, expected: "strides of 0 or more, in blocks of \(block), as the \(width) columns",
        actual: "\(strides.row) from row to row, \(strides.head) from head to head")
    }
    guard type != .float32 || Int(bitPattern: memory.baseAddress) % MemoryLayout<Float>.alignment == 0 else {
      throw invalid(operand, expected: "floats on their alignment", actual: "\(memory.baseAddress!)")
    }
  }

  /// Whether a range lies in the memory.
  private func check(
    _ operand: String, _ offset: Int, _ count: Int, _ memory: UnsafeRawBufferPointer, _ type: ElementType,
    _ strides: KeyValueRanges.Strides, _ width: Int
  ) throws(TesseraError) {
    let layout = BatchedMatrixLayout(
      planes: problem.keyValueHeads, innerPlanes: max(1, problem.keyValueHeads), rows: count, columns: width,
      outerStride: 0, innerStride: strides.head, rowStride: strides.row, offset: offset)
    guard let required = layout.requiredCount, offset % type.blockElements == 0,
      let bytes = type.checkedByteCount(ofElements: required), bytes <= memory.count
    else {
      throw invalid(
        operand, expected: "ranges within \(memory.count) bytes", actual: "\(count) rows of \(width) from \(offset) on")
    }
  }

  private func invalid(_ operand: String, expected: String, actual: String) -> TesseraError {
    .invalidOperand(
      operation: OperatorDescriptor.attention.name, operand: operand, expected: expected, actual: actual)
  }
}

extension AttentionProblem {
  /// The extents of a call over ranges: of bias and mask the columns that the longest sequence has keys for.
  func extents(over ranges: KeyValueRanges) -> Extents {
    var extents = extents(keyLengths: ranges.lengths)
    let longest = ranges.lengths.max() ?? 0
    for (extent, layout) in [(Extent.biasElements, bias), (.maskElements, booleanMask)] {
      guard var layout else { continue }
      layout.columns = longest
      extents[extent] = layout.distinctCount
    }
    return extents
  }
}
