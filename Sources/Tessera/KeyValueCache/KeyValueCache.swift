/// The keys and values of the positions that sequences have passed, layer by layer: contiguous, or with a rolling
/// window.
///
/// A step adds tokens to some of the sequences: `step` says where, `CacheAppendPlan` writes a layer's keys and values,
/// `AttentionPlan.run(queries:cache:layer:step:…)` reads them, or another reader through the step's `ranges`, and after
/// all layers `advance` makes the tokens part of the sequences.
/// Element d of position p of head h of sequence s lies in its layer at ((s · Hkv + h) · capacity + p mod capacity) · D
/// + d, so that the keys that one head reads follow each other. One step runs at a time.
public final class KeyValueCache {
  public let shape: KeyValueCacheShape
  /// Positions that each sequence has passed.
  public private(set) var lengths: [Int]
  /// One past the furthest position of each sequence that a step was made for since its last reset to 0: what lies
  /// `capacity` and more before it has been written over.
  private var written: [Int]
  private let keys: AlignedBuffer<UInt8>
  private let values: AlignedBuffer<UInt8>

  /// Memory for all of it, not yet touched. Throws where the shape does not fit together or in memory.
  public init(_ shape: KeyValueCacheShape) throws(TesseraError) {
    try shape.check()
    self.shape = shape
    lengths = [Int](repeating: 0, count: shape.sequences)
    written = lengths
    keys = try AlignedBuffer(uninitializedCount: shape.layers * Self.layerBytes(shape, shape.keyRow))
    values = try AlignedBuffer(uninitializedCount: shape.layers * Self.layerBytes(shape, shape.valueRow))
  }

  /// Bytes of keys and values.
  public var byteCount: Int { keys.count + values.count }

  /// Where a step of `count` tokens for each of these sequences goes, and what its queries read. Sequences do not
  /// change until `advance`, but what a window has left behind may be written over from now on. Throws where a sequence
  /// does not exist or is named twice, or the tokens do not fit.
  public func step(_ sequences: [Int], adding count: Int) throws(TesseraError) -> KeyValueCacheStep {
    guard (0...shape.longestStep).contains(count) else {
      throw KeyValueCacheShape.invalid(
        "count", expected: "0 to \(shape.longestStep) tokens a step", actual: "\(count)")
    }
    for (place, sequence) in sequences.enumerated() {
      guard lengths.indices.contains(sequence), !sequences[..<place].contains(sequence) else {
        throw KeyValueCacheShape.invalid(
          "sequences", expected: "each of 0 ..< \(lengths.count) at most once", actual: "\(sequence)")
      }
      guard shape.window != nil || lengths[sequence] + count <= shape.capacity else {
        throw KeyValueCacheShape.invalid(
          "sequence \(sequence)", expected: "room for \(count) tokens within \(shape.capacity)",
          actual: "\(lengths[sequence]) tokens")
      }
    }
    for sequence in sequences { written[sequence] = max(written[sequence], lengths[sequence] + count) }
    return KeyValueCacheStep(
      shape, sequences: sequences, starts: sequences.map { lengths[$0] }, count: count)
  }

  /// Counts the step's tokens in, once all layers have them. The step was the last that was made for these sequences;
  /// one of another cache, or one that is advanced twice, ends the program.
  public func advance(_ step: KeyValueCacheStep) {
    precondition(step.shape == shape, "a step of another cache")
    for (sequence, start) in zip(step.sequences, step.starts) {
      precondition(lengths[sequence] == start, "a step is advanced once, before another is made")
      lengths[sequence] = start + step.count
    }
  }

  /// Forgets what a sequence has from this position on. Throws where there is no such sequence, it is not that long, or
  /// the window before that position has been written over.
  public func reset(_ sequence: Int, to position: Int = 0) throws(TesseraError) {
    guard lengths.indices.contains(sequence) else {
      throw KeyValueCacheShape.invalid("sequence", expected: "one of \(lengths.count)", actual: "\(sequence)")
    }
    let length = lengths[sequence]
    func isThere() -> Bool {
      // The last `capacity` positions that a rolling cache has written are there, and a query needs its window.
      let first = written[sequence] - shape.capacity
      return position == 0 || first <= 0 || position - (shape.window ?? 0) >= first
    }
    guard (0...length).contains(position), isThere() else {
      throw KeyValueCacheShape.invalid(
        "position of sequence \(sequence)", expected: "0 to \(length), with the keys of its window still there",
        actual: "\(position)")
    }
    lengths[sequence] = position
    if position == 0 { written[sequence] = 0 }
  }

  /// A layer's keys and values, as `KeyValueRanges` of a step place them. Throws where there is no such layer.
  package func memory(
    ofLayer layer: Int
  ) throws(TesseraError) -> (keys: UnsafeMutableRawBufferPointer, values: UnsafeMutableRawBufferPointer) {
    guard (0..<shape.layers).contains(layer) else {
      throw KeyValueCacheShape.invalid("layer", expected: "0 ..< \(shape.layers)", actual: "\(layer)")
    }
    return (Self.part(layer, of: keys, shape.layers), Self.part(layer, of: values, shape.layers))
  }

  private static func part(
    _ layer: Int, of buffer: AlignedBuffer<UInt8>, _ layers: Int
  ) -> UnsafeMutableRawBufferPointer {
    let count = buffer.count / layers
    return UnsafeMutableRawBufferPointer(
      rebasing: UnsafeMutableRawBufferPointer(buffer.elements)[layer * count..<(layer + 1) * count])
  }

  private static func layerBytes(_ shape: KeyValueCacheShape, _ row: Int) -> Int {
    shape.type.byteOffset(ofElement: shape.layerElements(row))
  }
}

extension AttentionPlan {
  /// Attention of a step's queries over a layer of a cache, its new tokens included. Options are those of the problem,
  /// which is `KeyValueCacheShape.attentionProblem` with what it lacks. Column j of bias and Boolean mask, in rows as
  /// long as that problem's `keyLength`, is a sequence's position `step.firstKeys` + j. Throws where there is no such
  /// layer or the step is of a cache of another shape; else as
  /// `run(queries:keys:values:at:bias:mask:slopes:sinks:output:keeping:)`.
  public func run(
    queries: Span<Float>, cache: KeyValueCache, layer: Int, step: KeyValueCacheStep, bias: Span<Float>? = nil,
    mask: Span<UInt8>? = nil, slopes: Span<Float>? = nil, sinks: Span<Float>? = nil,
    output: consuming MutableSpan<Float>, keeping kept: AttentionSavedTensors? = nil
  ) throws(TesseraError) {
    let memory = try cache.memory(ofLayer: layer)
    guard step.shape == cache.shape else {
      throw KeyValueCacheShape.invalid("step", expected: "one of \(cache.shape)", actual: "\(step.shape)")
    }
    let (keys, values) = (UnsafeRawBufferPointer(memory.keys), UnsafeRawBufferPointer(memory.values))
    try run(
      queries: queries, keys: keys.bytes, values: values.bytes, ranges: step.ranges, bias: bias, mask: mask,
      slopes: slopes, sinks: sinks, output: output, keeping: kept)
  }
}
