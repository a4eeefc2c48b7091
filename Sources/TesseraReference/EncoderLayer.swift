import RealModule
import TesseraCore

/// An encoder layer from its definition, composed of the oracle's unfused operators.
public struct ReferenceEncoderLayer: Sendable {
  public var batch = 1
  public var length = 1
  public var hidden = 1
  public var heads = 1
  public var feedforward = 1
  /// Whether norms stand before attention and the feed-forward half rather than after the residuals.
  public var isPreNorm = false
  /// Activation, epsilon, mode, dropout's probability and seed, and the offset of its first place; attention's mask and
  /// key lengths.
  public var options = ReferenceOptions()

  public init() {}

  private var tokens: Int { batch * length }

  /// What the layer writes and what its backward pass needs. Inputs: `input`, `qkv-weight`, `qkv-bias`, `out-weight`,
  /// `out-bias`, `linear-1-weight`, `linear-1-bias`, `linear-2-weight`, `linear-2-bias`, and of both norms
  /// `norm-1-weight`, `norm-1-shift`.
  public func results<Scalar: Real & BinaryFloatingPoint>(_ inputs: [String: [Scalar]]) -> [String: [Scalar]] {
    let x = inputs["input"]!
    var results: [String: [Scalar]] = [:]
    func vector(_ name: String) -> [Scalar] { inputs[name]! }
    func map(_ values: [Scalar], _ name: String, columns: Int, depth: Int) -> [Scalar] {
      call(
        linear, [.rows: tokens, .columns: columns, .depth: depth],
        ["input": values, "weight": vector(name + "-weight")])
    }
    func biased(_ values: [Scalar], _ name: String, columns: Int) -> [Scalar] {
      call(bias, tokenRows(columns), ["input": values, "bias": vector(name + "-bias")])
    }
    func norm(_ values: [Scalar], _ place: Int) -> [Scalar] {
      call(
        layerNorm, tokenRows(hidden),
        ["input": values, "weight": vector("norm-\(place)-weight"), "shift": vector("norm-\(place)-shift")])
    }
    /// dropout(values) + onto
    func added(_ values: [Scalar], place: UInt32, onto: [Scalar]) -> [Scalar] {
      call(
        residual, tokenRows(hidden),
        ["input": dropped(values, columns: hidden, place: place), "residual": onto])
    }

    let attentionInput = isPreNorm ? norm(x, 1) : x
    let queryKeyValue = biased(
      map(attentionInput, "qkv", columns: 3 * hidden, depth: hidden), "qkv", columns: 3 * hidden)
    let (attended, logSumExp) = attend(queryKeyValue)
    let out = biased(map(attended, "out", columns: hidden, depth: hidden), "out", columns: hidden)
    let afterAttention = added(out, place: 1, onto: x)
    let feedforwardInput = norm(afterAttention, isPreNorm ? 2 : 1)
    let linear1 = map(feedforwardInput, "linear-1", columns: feedforward, depth: hidden)
    let active = biased(linear1, "linear-1", columns: feedforward).map { activated($0, options.activation) }
    let fed = dropped(active, columns: feedforward, place: 2)
    let linear2 = biased(map(fed, "linear-2", columns: hidden, depth: feedforward), "linear-2", columns: hidden)
    let afterFeedforward = added(linear2, place: 3, onto: isPreNorm ? afterAttention : feedforwardInput)
    results["attention-input"] = attentionInput
    results["query-key-value"] = queryKeyValue
    results["attended"] = attended
    results["log-sum-exp"] = logSumExp
    results["after-attention"] = afterAttention
    results["feedforward-input"] = feedforwardInput
    results["activation-input"] = linear1
    results["activated"] = fed
    results["after-feedforward"] = afterFeedforward
    results["output"] = isPreNorm ? afterFeedforward : norm(afterFeedforward, 2)
    return results
  }

  private func tokenRows(_ columns: Int) -> Extents { [.planes: 1, .rows: tokens, .columns: columns] }

  private func call<Scalar>(
    _ function: ReferenceFunction<Scalar>, _ extents: Extents, _ inputs: [String: [Scalar]]
  ) -> [Scalar] {
    function(ReferenceCall(extents, options: options, inputs: inputs))["output"]!
  }

  /// In inference nothing is.
  private func dropped<Scalar: Real & BinaryFloatingPoint>(
    _ values: [Scalar], columns: Int, place: UInt32
  ) -> [Scalar] {
    guard options.mode == .training else { return values }
    var placed = self
    placed.options.offset += place
    return placed.call(dropout, tokenRows(columns), ["input": values])
  }

  /// Attention on rows of 3I, and its log-sum-exps.
  private func attend<Scalar: Real & BinaryFloatingPoint>(
    _ rows: [Scalar]
  ) -> (attended: [Scalar], logSumExp: [Scalar]) {
    let width = hidden / heads
    let zeros = [Scalar](repeating: 0, count: 3 * hidden)
    var options = options
    if options.mode == .inference { options.dropProbability = 0 }
    options.attention.scale = 1 / Double(Float(width).squareRoot())
    options.attention.writesLogSumExp = true
    let split = attentionInputBias(
      ReferenceCall(
        [
          .batch: batch, .queryHeads: heads, .keyValueHeads: heads, .queryLength: length, .headDimension: width,
        ], options: options, inputs: ["input": rows, "bias": zeros]))
    let results = attention(
      ReferenceCall(
        [
          .batch: batch, .queryHeads: heads, .keyValueHeads: heads, .queryLength: length, .keyLength: length,
          .headDimension: width, .valueDimension: width,
        ], options: options, inputs: split))
    // From [B, H, L, P] to rows of tokens.
    var attended = [Scalar](repeating: 0, count: tokens * hidden)
    for (index, value) in results["output"]!.enumerated() {
      let (line, column) = index.quotientAndRemainder(dividingBy: width)
      let (plane, token) = line.quotientAndRemainder(dividingBy: length)
      attended[(plane / heads * length + token) * hidden + plane % heads * width + column] = value
    }
    return (attended, results["log-sum-exp"]!)
  }
}
