/// The keys and values of one call: where the problem's layouts say, or in ranges of a cache. Every item asks: all is
/// compiled into its callers, so that nobody copies the problem for it.
struct KeyValueSource {
  let keys: UnsafeRawPointer?
  let values: UnsafeRawPointer?
  /// nil: as the problem's layouts say.
  let ranges: KeyValueRanges?

  /// Neighbouring keys of one head, and where the first of them and its value lie.
  struct Run {
    var keys: Range<Int>
    var firstKey: UnsafeRawPointer
    var firstValue: UnsafeRawPointer
  }

  var type: StoredType { ranges?.type ?? .float32 }

  /// Keys of a sequence.
  @inline(__always)
  func length(ofSequence sequence: Int, _ problem: AttentionProblem) -> Int {
    ranges?.lengths[sequence] ?? problem.keyLengths?[sequence] ?? problem.keyLength
  }

  /// Elements between neighbouring keys.
  @inline(__always)
  func keyStride(_ problem: AttentionProblem) -> Int { ranges?.keyStrides.row ?? problem.keys.rowStride }
  @inline(__always)
  func valueStride(_ problem: AttentionProblem) -> Int { ranges?.valueStrides.row ?? problem.values.rowStride }

  /// The run that a key belongs to; the sequence has it.
  @inline(__always)
  func run(containing key: Int, sequence: Int, head: Int, _ problem: AttentionProblem) -> Run {
    guard let ranges else {
      let plane = sequence * problem.keyValueHeads + head
      let size = MemoryLayout<Float>.stride
      return Run(
        keys: 0..<length(ofSequence: sequence, problem), firstKey: keys! + problem.keys.start(ofPlane: plane) * size,
        firstValue: values! + problem.values.start(ofPlane: plane) * size)
    }
    let indices = ranges.indices(ofSequence: sequence)
    var (low, high) = (indices.lowerBound, indices.upperBound - 1)
    while low < high {
      let middle = (low + high + 1) / 2
      if ranges.firsts[middle] <= key { low = middle } else { high = middle - 1 }
    }
    let (range, first) = (ranges.ranges[low], ranges.firsts[low])
    return Run(
      keys: first..<first + range.count,
      firstKey: keys! + ranges.type.byteOffset(ofElement: range.keyOffset + head * ranges.keyStrides.head),
      firstValue: values! + ranges.type.byteOffset(ofElement: range.valueOffset + head * ranges.valueStrides.head))
  }
}
