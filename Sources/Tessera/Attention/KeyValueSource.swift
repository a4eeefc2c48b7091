/// The keys and values of one call: where the problem's layouts say, or in ranges of a cache. Every item asks: all is
/// compiled into its callers, so that nobody copies it.
struct KeyValueSource {
  let type: ElementType
  /// Elements between neighbouring keys.
  let keyStride: Int
  let valueStride: Int
  private let keys: UnsafeRawPointer?
  private let values: UnsafeRawPointer?
  /// nil: as the layouts say.
  private let ranges: KeyValueRanges?
  private let keyLayout: BatchedMatrixLayout
  private let valueLayout: BatchedMatrixLayout
  private let heads: Int
  /// Where sequences begin in the planes of all; nil: each has planes of its own.
  private let starts: [Int]?
  /// Keys of each sequence, `longest` where nil.
  private let lengths: [Int]?
  private let longest: Int

  /// Neighbouring keys of one head, and where the first of them and its value lie.
  struct Run {
    var keys: Range<Int>
    var firstKey: UnsafeRawPointer
    var firstValue: UnsafeRawPointer
  }

  /// Without ranges floats.
  init(
    _ problem: AttentionProblem, keys: UnsafeRawPointer?, values: UnsafeRawPointer?, ranges: KeyValueRanges? = nil
  ) {
    (self.keys, self.values, self.ranges) = (keys, values, ranges)
    (keyLayout, valueLayout, heads) = (problem.keys, problem.values, problem.keyValueHeads)
    starts = problem.keyStarts
    type = ranges?.type ?? .float32
    keyStride = ranges?.keyStrides.row ?? problem.keys.rowStride
    valueStride = ranges?.valueStrides.row ?? problem.values.rowStride
    lengths = ranges?.lengths ?? problem.keyLengths
    longest = problem.keyLength
  }

  /// Whether a sequence's keys may lie in several runs.
  var hasRanges: Bool { ranges != nil }

  /// Keys of a sequence.
  @inline(__always)
  func length(ofSequence sequence: Int) -> Int { lengths?[sequence] ?? longest }

  /// The run that a key belongs to; the sequence has it.
  @inline(__always)
  func run(containing key: Int, sequence: Int, head: Int) -> Run {
    guard let ranges else {
      let plane = starts == nil ? sequence * heads + head : head
      let row = starts?[sequence] ?? 0
      let size = MemoryLayout<Float>.stride
      return Run(
        keys: 0..<length(ofSequence: sequence),
        firstKey: keys! + (keyLayout.start(ofPlane: plane) + row * keyStride) * size,
        firstValue: values! + (valueLayout.start(ofPlane: plane) + row * valueStride) * size)
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
