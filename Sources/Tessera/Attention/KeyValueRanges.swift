/// Keys and values as attention reads them from a cache: of each sequence the ranges of neighbouring keys, with strides
/// and a type.
///
/// Element d of key j of head h lies keyOffset + (j − first) · keyStrides.row + h · keyStrides.head + d elements from
/// the start of the memory that `AttentionPlan.run` is given, where the range's keys are first ..< first + count;
/// values likewise. A contiguous cache has one range a sequence, a rolling one up to two, a paged one as many as pages.
public struct KeyValueRanges: Hashable, Sendable {
  /// Neighbouring keys of one sequence.
  public struct Range: Hashable, Sendable {
    /// A multiple of `KeyValueRanges.granule`, but for a sequence's last range.
    public var count: Int
    /// Where the first key and the first value of head 0 lie, in elements.
    public var keyOffset: Int
    public var valueOffset: Int

    public init(count: Int, keyOffset: Int, valueOffset: Int) {
      (self.count, self.keyOffset, self.valueOffset) = (count, keyOffset, valueOffset)
    }
  }

  /// In elements; of a quantised type multiples of its block.
  public struct Strides: Hashable, Sendable {
    public var row: Int
    public var head: Int

    public init(row: Int, head: Int) { (self.row, self.head) = (row, head) }
  }

  /// Where ranges may end: tiles are cut from multiples of it on.
  public static let granule = 64

  public let type: ElementType
  public let keyStrides: Strides
  public let valueStrides: Strides
  /// Keys of each sequence.
  public private(set) var lengths: [Int] = []
  /// The ranges of all sequences, one after the other.
  private(set) var ranges: [Range] = []
  /// The first key of each range.
  private(set) var firsts: [Int] = []
  /// Where the ranges of each sequence start, and where the last ones end.
  private var starts = [0]

  /// No sequences.
  public init(type: ElementType, keyStrides: Strides, valueStrides: Strides) {
    (self.type, self.keyStrides, self.valueStrides) = (type, keyStrides, valueStrides)
  }

  /// Appends a sequence with these ranges, in the order of their keys.
  public mutating func append(_ sequence: some Sequence<Range>) {
    var length = 0
    for range in sequence where range.count != 0 {
      ranges.append(range)
      firsts.append(length)
      length &+= range.count
    }
    lengths.append(length)
    starts.append(ranges.count)
  }

  /// Which of `ranges` are a sequence's.
  func indices(ofSequence sequence: Int) -> Swift.Range<Int> { starts[sequence]..<starts[sequence + 1] }
}
