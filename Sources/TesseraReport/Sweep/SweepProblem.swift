import Tessera

/// Which linear maps a sweep over tokens times: the four of one encoder layer, without their biases.
public struct SweepProblem: Hashable, Sendable {
  public let hidden: Int
  public let feedforward: Int
  /// Numbers of tokens: the powers of two up to a limit.
  public let tokens: [Int]

  /// Throws for extents below 1 or beyond `Extent.largest`, for a limit below 8, which leaves too few points for the
  /// two lines that are fitted, and for sizes that do not fit in five eighths of the memory.
  public init(
    hidden: Int = 1024, feedforward: Int = 4096, limit: Int = 2048, memoryLimit: Int = physicalMemoryBytes() / 8 * 5
  ) throws(TesseraError) {
    for (operand, extent, least) in [("hidden", hidden, 1), ("feedforward", feedforward, 1), ("sweep-limit", limit, 8)]
    where !(least...Extent.largest).contains(extent) {
      throw Self.invalid(operand, expected: "\(least) to \(Extent.largest)", actual: "\(extent)")
    }
    self.hidden = hidden
    self.feedforward = feedforward
    tokens = (0...).lazy.map { 1 << $0 }.prefix { $0 <= limit }.map(\.self)
    // In floating point, because products are not yet known to fit.
    let (width, inner) = (Double(hidden), Double(feedforward))
    let weights = 4 * (4 * width * width + 2 * width * inner)
    let needed = 2 * weights + Double(CacheSizes.currentColdByteCount) + 4 * Double(limit) * (6 * width + inner)
    guard needed <= Double(memoryLimit) else {
      throw Self.invalid(
        "hidden, feedforward, sweep-limit", expected: "sizes that fit in \(memoryLimit >> 20) MiB",
        actual: "sizes that need more")
    }
  }

  /// Columns and depth of each map in the layer's order: qkv, out, linear-1, linear-2.
  var maps: [(columns: Int, depth: Int)] {
    [(3 * hidden, hidden), (hidden, hidden), (feedforward, hidden), (hidden, feedforward)]
  }

  /// Weights of one layer.
  public var parameters: Int { maps.reduce(0) { $0 + $1.columns * $1.depth } }

  /// The size of an fp32 number.
  public static let bytesPerParameter = MemoryLayout<Float>.stride

  public var weightBytes: Int { parameters * Self.bytesPerParameter }

  /// Layers whose weights take turns, so that none is in a cache when its turn comes: together they exceed what the
  /// operands of `tessera bench` rotate over.
  /// A small layer counts as 64 KiB, so that there are not millions of them: the cache then holds more than weights.
  var layerCount: Int { max(2, CacheSizes.currentColdByteCount / max(weightBytes, 64 << 10) + 2) }

  private static func invalid(_ operand: String, expected: String, actual: String) -> TesseraError {
    .invalidOperand(operation: "token sweep", operand: operand, expected: expected, actual: actual)
  }
}
