extension AttentionPlan {
  /// Attention over keys and values in ranges of a cache, as many a sequence as `ranges` says: the problem's `keyLength`
  /// is the most, its layouts of keys and values and its `keyLengths` are not looked at.
  ///
  /// `keys` and `values` are memory of elements of the problem's `keyValueType`, aligned to 4 bytes for floats. Else as
  /// `run(queries:keys:values:bias:mask:output:keeping:)`. Throws before anything is written where a span is too short,
  /// ranges leave the memory or do not fit the problem, or the output shares memory.
  public func run(
    queries: Span<Float>, keys: RawSpan, values: RawSpan, at ranges: KeyValueRanges, slopes: Span<Float>? = nil,
    sinks: Span<Float>? = nil, output: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var output = output
    try queries.withBuffer { queries throws(TesseraError) in
      try keys.withUnsafeBytes { keys throws(TesseraError) in
        try values.withUnsafeBytes { values throws(TesseraError) in
          try withBuffer(slopes) { slopes throws(TesseraError) in
            try withBuffer(sinks) { sinks throws(TesseraError) in
              try output.withMutableBuffer { output throws(TesseraError) in
                try attend(
                  to: queries, keys: keys, values: values, at: ranges, slopes: slopes, sinks: sinks, output: output)
              }
            }
          }
        }
      }
    }
  }

  func attend(
    to queries: UnsafeBufferPointer<Float>, keys: UnsafeRawBufferPointer, values: UnsafeRawBufferPointer,
    at ranges: KeyValueRanges, slopes: UnsafeBufferPointer<Float> = UnsafeBufferPointer(start: nil, count: 0),
    sinks: UnsafeBufferPointer<Float> = UnsafeBufferPointer(start: nil, count: 0),
    output: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    guard problem.bias == nil, problem.booleanMask == nil, !problem.writesLogSumExp else {
      throw invalid(
        problem.bias != nil ? "bias" : problem.booleanMask != nil ? "mask" : "keeping",
        expected: "a problem without one, as a call over ranges takes none", actual: "one")
    }
    try check(ranges, keys: keys, values: values)
    try AttentionRequirements(problem).check(
      queries: queries, output: output, keys: keys, values: values, slopes: slopes, sinks: sinks)
    let operands = AttentionOperands(
      queries: queries.baseAddress,
      source: KeyValueSource(problem, keys: keys.baseAddress, values: values.baseAddress, ranges: ranges),
      bias: nil, mask: nil, slopes: problem.slopes == nil ? nil : slopes.baseAddress,
      sinks: problem.hasSinks ? sinks.baseAddress : nil, output: output.baseAddress, logSumExp: nil)
    attend(to: operands, rangesDescriptor, problem.extents(keyLengths: ranges.lengths))
  }

  private func check(
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
