import Tessera

/// What the passes of a training step work in, made once.
///
/// Between the passes a layer keeps, of R rows: the stream before each of its blocks and a statistic a row of it,
/// queries, keys and values, attention's result and log-sum-exps, gate and up: R · (2 · width + 2 · (Hq + Hkv) · D
/// + 2 · feed-forward width + Hq + 2) floats. The norms' results and what SwiGLU gives are made again, or kept too:
/// R · (2 · width + feed-forward width) floats more.
struct TrainingMemory {
  typealias Matrix = UnsafeMutableBufferPointer<Float>

  struct Layer {
    /// The stream as attention's block finds it.
    let attentionInput: BiasDropoutResidualRMSNormSavedTensors
    let joint, attended: Matrix
    let attention: AttentionSavedTensors
    /// The stream as the feed-forward block finds it.
    let feedForwardInput: BiasDropoutResidualRMSNormSavedTensors
    let gateAndUp: Matrix
    /// What the norms and SwiGLU give; one place for all layers where they are made again.
    let attentionNormalized, feedForwardNormalized, activated: Matrix
    /// Keeps the matrices alive.
    fileprivate let owner: AlignedBuffer<Float>
  }

  let layers: [Layer]
  /// The stream as it leaves the last layer.
  let outputInput: BiasDropoutResidualRMSNormSavedTensors
  let ids, targets: UnsafeMutableBufferPointer<Int32>
  let losses: Matrix
  /// rows × width: what the last norm gives, a block's result, and gradients, of which two are alive at a time.
  let normalized, result, firstGradient, secondGradient: Matrix
  /// rows × query heads · D, and rows × columns of the joint matrix.
  let attendedGradient, jointGradient: Matrix
  let byteCount: Int
  private let owners: (AlignedBuffer<Int32>, AlignedBuffer<Float>)

  init(
    _ sizes: DecoderConfiguration, rows: Int, attention problem: AttentionProblem, recomputes: Bool
  ) throws(TesseraError) {
    let width = sizes.width
    let (ofAll, ofLayer) = Self.columns(sizes, recomputes: recomputes)
    let (floats, shared) = try Self.parts(rows: rows, ofAll)
    (losses, normalized, result, firstGradient, secondGradient) = (
      shared[0], shared[1], shared[2], shared[3], shared[4]
    )
    (attendedGradient, jointGradient) = (shared[5], shared[6])
    var layers: [Layer] = []
    for _ in 0..<sizes.layers {
      let (owner, parts) = try Self.parts(rows: rows, ofLayer)
      layers.append(
        Layer(
          attentionInput: try BiasDropoutResidualRMSNormSavedTensors(rows: rows, columns: width),
          joint: parts[0], attended: parts[1], attention: try AttentionSavedTensors(for: problem),
          feedForwardInput: try BiasDropoutResidualRMSNormSavedTensors(rows: rows, columns: width),
          gateAndUp: parts[2], attentionNormalized: recomputes ? shared[1] : parts[3],
          feedForwardNormalized: recomputes ? shared[1] : parts[4], activated: recomputes ? shared[7] : parts[5],
          owner: owner))
    }
    self.layers = layers
    outputInput = try BiasDropoutResidualRMSNormSavedTensors(rows: rows, columns: sizes.width)
    let numbers = try AlignedBuffer<Int32>(uninitializedCount: 2 * rows)
    ids = UnsafeMutableBufferPointer(rebasing: numbers.elements[..<rows])
    targets = UnsafeMutableBufferPointer(rebasing: numbers.elements[rows...])
    owners = (numbers, floats)
    byteCount = Self.byteCount(sizes, rows: rows, recomputes: recomputes)
  }

  /// Columns of the matrices that all layers share, and of those that a layer has, in the order of the properties.
  private static func columns(
    _ sizes: DecoderConfiguration, recomputes: Bool
  ) -> (ofAll: [Int], ofLayer: [Int]) {
    let (joint, attended) = (TrainedAttention.columns(sizes), sizes.queryHeads * sizes.valueDimension)
    let (width, inner) = (sizes.width, sizes.feedForwardWidth)
    return (
      [1, width, width, width, width, attended, joint] + (recomputes ? [inner] : []),
      [joint, attended, 2 * inner] + (recomputes ? [] : [width, width, inner])
    )
  }

  /// What it takes for so many rows.
  static func byteCount(_ sizes: DecoderConfiguration, rows: Int, recomputes: Bool) -> Int {
    let (ofAll, ofLayer) = columns(sizes, recomputes: recomputes)
    func count(_ columns: [Int]) -> Int { columns.reduce(0) { $0 + wholeLines(rows * $1) } }
    // Of each stream a statistic a row; log-sum-exps; ids and targets.
    let streams = (2 * sizes.layers + 1) * rows * (sizes.width + 1)
    let logSumExps = sizes.layers * rows * sizes.queryHeads
    return (count(ofAll) + sizes.layers * count(ofLayer) + streams + logSumExps + 2 * rows) * MemoryLayout<Float>.stride
  }

  /// Matrices of so many columns, each of which begins on a cache line.
  private static func parts(
    rows: Int, _ columns: [Int]
  ) throws(TesseraError) -> (owner: AlignedBuffer<Float>, parts: [Matrix]) {
    let counts = columns.map { wholeLines(rows * $0) }
    let owner = try AlignedBuffer<Float>(uninitializedCount: counts.reduce(0, +))
    var (start, parts): (Int, [Matrix]) = (0, [])
    for (columns, count) in zip(columns, counts) {
      parts.append(UnsafeMutableBufferPointer(rebasing: owner.elements[start..<start + rows * columns]))
      start += count
    }
    return (owner, parts)
  }
}
