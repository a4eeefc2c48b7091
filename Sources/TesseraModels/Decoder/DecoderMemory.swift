import Tessera

/// What flows between the blocks of a pass, a row for each token.
struct DecoderMemory {
  let tokens: UnsafeMutableBufferPointer<Int32>
  /// rows × width
  let residual, normalized, pending: UnsafeMutableBufferPointer<Float>
  /// rows × heads · dimension
  let queries, keys, values, attended: UnsafeMutableBufferPointer<Float>
  /// rows × feed-forward width
  let gate, up: UnsafeMutableBufferPointer<Float>
  /// Keep the memory alive, as long as this value is.
  private let owners: (AlignedBuffer<Int32>, AlignedBuffer<Float>)

  init(_ sizes: DecoderConfiguration, rows: Int) throws(TesseraError) {
    let widths = [
      sizes.width, sizes.width, sizes.width, sizes.queryHeads * sizes.headDimension,
      sizes.keyValueHeads * sizes.headDimension, sizes.keyValueHeads * sizes.valueDimension,
      sizes.queryHeads * sizes.valueDimension, sizes.feedForwardWidth, sizes.feedForwardWidth,
    ]
    // Each part begins on a cache line.
    let counts = widths.map { (rows * $0 + 15) / 16 * 16 }
    let floats = try AlignedBuffer<Float>(uninitializedCount: counts.reduce(0, +))
    let ids = try AlignedBuffer<Int32>(uninitializedCount: rows)
    var start = 0
    let parts = zip(widths, counts).map { width, count in
      defer { start += count }
      return UnsafeMutableBufferPointer(rebasing: floats.elements[start..<start + rows * width])
    }
    tokens = ids.elements
    (residual, normalized, pending) = (parts[0], parts[1], parts[2])
    (queries, keys, values, attended) = (parts[3], parts[4], parts[5], parts[6])
    (gate, up) = (parts[7], parts[8])
    owners = (ids, floats)
  }
}
