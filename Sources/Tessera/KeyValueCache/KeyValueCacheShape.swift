/// How large a key-value cache is, and how its elements are stored.
public struct KeyValueCacheShape: Hashable, Sendable {
  public var layers: Int
  /// Sequences that are kept side by side, each with a length of its own.
  public var sequences: Int
  public var keyValueHeads: Int
  public var headDimension: Int
  public var valueDimension: Int
  /// Positions of a sequence that there is room for: rounded up to a multiple of `KeyValueRanges.granule`.
  public var capacity: Int
  /// float32 or bfloat16.
  public var type: ElementType
  /// Keys that a query sees, its own included; positions then go on past `capacity`, and what has left the window is
  /// written over. nil: all.
  public var window: Int?

  /// A shape without a window. `valueDimension` is the head dimension unless given.
  public init(
    layers: Int, sequences: Int = 1, keyValueHeads: Int, headDimension: Int, valueDimension: Int? = nil,
    capacity: Int, type: ElementType = .float32
  ) {
    self.layers = layers
    self.sequences = sequences
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
    self.valueDimension = valueDimension ?? headDimension
    self.capacity = Self.roundedUp(capacity)
    self.type = type
  }

  /// The same with a window that rolls: room for it and for `longestStep` tokens, the most that one step may add.
  public init(
    layers: Int, sequences: Int = 1, keyValueHeads: Int, headDimension: Int, valueDimension: Int? = nil,
    window: Int, longestStep: Int, type: ElementType = .float32
  ) {
    // The first visible key may lie anywhere in a granule that is kept whole. What is too large is found when the shape
    // is used.
    self.init(
      layers: layers, sequences: sequences, keyValueHeads: keyValueHeads, headDimension: headDimension,
      valueDimension: valueDimension, capacity: window &+ longestStep &+ KeyValueRanges.granule, type: type)
    self.window = window
  }

  /// The most tokens that one step may add.
  public var longestStep: Int { window.map { capacity &- $0 &- KeyValueRanges.granule } ?? capacity }

  /// Bytes of keys and values: bytes · b · l · Hkv · (D + Dv) · positions.
  public var byteCount: Int { layers * layerElements(keyRow + valueRow) * type.blockBytes / type.blockElements }

  var keyRow: Int { headDimension }
  var valueRow: Int { valueDimension }
  func layerElements(_ row: Int) -> Int { sequences * keyValueHeads * capacity * row }

  private static func roundedUp(_ count: Int) -> Int {
    let granule = KeyValueRanges.granule
    guard count > 0, count <= maximumElementCount else { return count }
    return (count + granule - 1) / granule * granule
  }

  /// Throws for extents that are negative, do not fit in memory, or that attention does not take.
  func check() throws(TesseraError) {
    for (operand, extent, allowed) in [
      ("layers", layers, 0...maximumElementCount), ("sequences", sequences, 0...maximumElementCount),
      ("key-value heads", keyValueHeads, 0...maximumElementCount),
      ("head dimension", headDimension, 1...AttentionProblem.largestDimension),
      ("value dimension", valueDimension, 1...AttentionProblem.largestDimension),
      ("capacity", capacity, 0...maximumElementCount), ("window", window ?? 1, 1...maximumElementCount),
    ] where !allowed.contains(extent) {
      throw Self.invalid(operand, expected: "\(allowed.lowerBound) to \(allowed.upperBound)", actual: "\(extent)")
    }
    guard capacity % KeyValueRanges.granule == 0 else {
      throw Self.invalid("capacity", expected: "a multiple of \(KeyValueRanges.granule)", actual: "\(capacity)")
    }
    guard [.float32, .bfloat16].contains(type) else {
      throw Self.invalid("type", expected: "F32 or BF16", actual: type.name)
    }
    var elements = max(headDimension, valueDimension)
    for (operand, extent) in [
      ("capacity", capacity), ("key-value heads", keyValueHeads), ("sequences", sequences), ("layers", layers),
    ] {
      guard areWithinSizeLimit(elements, extent) else {
        throw Self.invalid(operand, expected: "a cache that fits in memory", actual: "\(extent)")
      }
      elements *= extent
    }
    guard longestStep >= 0 else {
      throw Self.invalid("window", expected: "at most \(capacity - KeyValueRanges.granule)", actual: "\(window!)")
    }
  }

  /// The problem of a step's attention, of as many sequences and new tokens each: causal, and within the window.
  /// Queries and output are tokens × heads × D without gaps. Other options, as sinks or a bias, are the caller's to set
  /// in it, before a plan is made. One plan serves all steps of a size.
  public func attentionProblem(sequences: Int, count: Int, queryHeads: Int) -> AttentionProblem {
    var problem = AttentionProblem(
      batch: sequences, queryHeads: queryHeads, keyValueHeads: keyValueHeads, queryLength: count,
      keyLength: capacity, headDimension: headDimension, valueDimension: valueDimension, order: .rowsFirst)
    problem.keyValueType = type
    problem.mask = window.map { .window(left: $0 - 1, right: 0) } ?? .causal()
    return problem
  }

  static func invalid(_ operand: String, expected: String, actual: String) -> TesseraError {
    .invalidOperand(operation: "KeyValueCache", operand: operand, expected: expected, actual: actual)
  }
}
