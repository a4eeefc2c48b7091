import CTesseraKernels

/// The present tile of one head's keys and values as floats: where they lie, or made floats of in the workspace.
struct KeyValueTile {
  /// What of the sequence's keys it has.
  private(set) var keys = 0..<0
  /// The tile's first key and value.
  private(set) var firstKey: UnsafePointer<Float>
  private(set) var firstValue: UnsafePointer<Float>
  /// Floats between neighbouring keys.
  let keyStride: Int
  let valueStride: Int
  private let sequence: Int
  private let head: Int
  /// The tile's first key and value as they are stored.
  private var storedKeys: UnsafeRawPointer
  private var storedValues: UnsafeRawPointer
  /// Whether all of the tile's values are finite, once somebody has asked.
  private var finite: Bool?

  /// Has no keys yet.
  @inline(__always)
  init(
    _ item: AttentionItem, _ source: KeyValueSource, _ products: AttentionProducts,
    _ memory: UnsafeMutablePointer<Float>
  ) {
    (sequence, head) = (item.sequence, item.keyValueHead)
    let isFloat = source.type == .float32
    keyStride = isFloat ? source.keyStride : products.headDimension
    valueStride = isFloat ? source.valueStride : products.valueDimension
    // Until the first tile is loaded nothing is read.
    (firstKey, firstValue) = (UnsafePointer(memory), UnsafePointer(memory))
    (storedKeys, storedValues) = (UnsafeRawPointer(memory), UnsafeRawPointer(memory))
  }

  /// Finds these keys, but those in the granules before `first`, up to the end of their range in memory.
  @inline(__always)
  mutating func find(_ tile: Range<Int>, from first: Int, in source: KeyValueSource) {
    let start = max(tile.lowerBound, KeyValueRanges.granuleStart(of: first))
    let run = source.run(containing: start, sequence: sequence, head: head)
    keys = start..<min(tile.upperBound, run.keys.upperBound)
    finite = nil
    func place(_ first: UnsafeRawPointer, _ stride: Int) -> UnsafeRawPointer {
      first + source.type.byteOffset(ofElement: (start - run.keys.lowerBound) * stride)
    }
    storedKeys = place(run.firstKey, source.keyStride)
    storedValues = place(run.firstValue, source.valueStride)
  }

  /// Makes floats of the keys found, in `memory` where they are not; that of keys and values may be the same where keys
  /// are done with before values are loaded.
  @inline(__always)
  mutating func loadKeys(
    _ products: AttentionProducts, of source: KeyValueSource, in memory: UnsafeMutablePointer<Float>
  ) {
    firstKey = floats(storedKeys, source.type, source.keyStride, products.headDimension, products, memory)
  }

  @inline(__always)
  mutating func loadValues(
    _ products: AttentionProducts, of source: KeyValueSource, in memory: UnsafeMutablePointer<Float>
  ) {
    firstValue = floats(storedValues, source.type, source.valueStride, products.valueDimension, products, memory)
  }

  @inline(__always)
  private func floats(
    _ rows: UnsafeRawPointer, _ type: ElementType, _ stride: Int, _ columns: Int, _ products: AttentionProducts,
    _ memory: UnsafeMutablePointer<Float>
  ) -> UnsafePointer<Float> {
    if type == .float32 { return rows.assumingMemoryBound(to: Float.self) }
    convert(rows, type, stride, columns, products.dequantize, memory)
    return UnsafePointer(memory)
  }

  /// The tile's rows as floats without gaps.
  private func convert(
    _ rows: UnsafeRawPointer, _ type: ElementType, _ stride: Int, _ columns: Int,
    _ dequantize: tsr_f32_dequantize_kernel, _ floats: UnsafeMutablePointer<Float>
  ) {
    let step = type.byteOffset(ofElement: stride)
    var call = tsr_dequantize_f32()
    call.type = type.kernelType
    // Rows that follow each other are one.
    let isWhole = stride == columns
    call.count = isWhole ? keys.count * columns : columns
    for row in 0..<(isWhole ? 1 : keys.count) {
      call.stored = (rows + row * step).assumingMemoryBound(to: UInt8.self)
      call.output = floats + row * columns
      dequantize(&call)
    }
  }

  /// The key at or before this one at which scores may begin.
  func align(_ key: Int) -> Int {
    key < keys.lowerBound ? key : keys.lowerBound + KeyValueRanges.granuleStart(of: key - keys.lowerBound)
  }

  @inline(__always)
  func key(_ key: Int) -> UnsafePointer<Float> { firstKey + (key - keys.lowerBound) * keyStride }
  @inline(__always)
  func value(_ key: Int) -> UnsafePointer<Float> { firstValue + (key - keys.lowerBound) * valueStride }

  /// Whether no value of these keys is NaN or infinite: then a weight of 0 hides it. The whole tile is looked through
  /// once, and where it will not do, the part.
  mutating func valuesAreFinite(_ part: Range<Int>, _ products: AttentionProducts) -> Bool {
    let all = finite ?? areFinite(keys, products)
    finite = all
    return all || areFinite(part, products)
  }

  private func areFinite(_ keys: Range<Int>, _ products: AttentionProducts) -> Bool {
    let (columns, first, finite) = (products.valueDimension, value(keys.lowerBound), products.kernels.finite!)
    if valueStride == columns { return finite(keys.count * columns, first) }
    return (0..<keys.count).allSatisfy { finite(columns, first + $0 * valueStride) }
  }
}
