import RealModule
import TesseraCore

/// An encoder layer from its definition, composed of the oracle's unfused operators.
public struct ReferenceEncoderLayer: Sendable {
  let problem: EncoderLayerProblem
  let hidden: Int
  let feedforward: Int
  let isPreNorm: Bool

  public init(_ problem: EncoderLayerProblem) {
    self.problem = problem
    (hidden, feedforward, isPreNorm) = (problem.hidden, problem.feedforward, problem.normalization == .pre)
  }

  var tokens: Int { problem.batch * problem.length }

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
    let active = biased(linear1, "linear-1", columns: feedforward).map { activated($0, problem.activation) }
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
    var request = OperatorRequest(extents: extents)
    request.epsilon = problem.epsilon
    return function(ReferenceCall(request, inputs: inputs))["output"]!
  }

  /// What is dropped at a place: the offset is the first place's, the others follow it. Nothing in inference.
  private func dropout(_ place: UInt32) -> Dropout? {
    guard problem.mode == .training, let first = problem.dropout else { return nil }
    return try! Dropout(probability: first.probability, seed: first.seed, offset: first.offset + place)
  }

  func dropped<Scalar: Real & BinaryFloatingPoint>(
    _ values: [Scalar], columns: Int, place: UInt32
  ) -> [Scalar] {
    guard let decisions = dropout(place).map({ DropoutDefinition($0) }) else { return values }
    return values.enumerated().map { index, value in
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      return decisions.keeps(plane: 0, row: row, column: column) ? value * decisions.keptScale() : 0
    }
  }

  /// Attention's problem. A token is a query and a key, and its place is the same among both, whatever the sequence's
  /// length: the mask counts from the first token.
  var attending: AttentionProblem {
    var attending = AttentionProblem(
      batch: problem.batch, queryHeads: problem.heads, queryLength: problem.length,
      headDimension: hidden / problem.heads)
    attending.mask =
      switch problem.mask {
      case .full: .full
      case .causal: .causal(alignment: .topLeft)
      case .window(let left, let right, _): .window(left: left, right: right, alignment: .topLeft)
      }
    (attending.queryLengths, attending.keyLengths) = (problem.keyLengths, problem.keyLengths)
    attending.dropout = dropout(0)
    attending.writesLogSumExp = true
    return attending
  }

  /// Queries, keys and values, each [B, H, L, P], of rows of 3I.
  func heads<Scalar: Real & BinaryFloatingPoint>(_ rows: [Scalar]) -> [String: [Scalar]] {
    let zeros = [Scalar](repeating: 0, count: 3 * hidden)
    return attentionInputBias(
      ReferenceCall(
        OperatorRequest(extents: [
          .batch: problem.batch, .queryHeads: problem.heads, .keyValueHeads: problem.heads,
          .queryLength: problem.length, .headDimension: hidden / problem.heads,
        ]), inputs: ["input": rows, "bias": zeros]))
  }

  /// Attention on rows of 3I, and its log-sum-exps.
  private func attend<Scalar: Real & BinaryFloatingPoint>(
    _ rows: [Scalar]
  ) -> (attended: [Scalar], logSumExp: [Scalar]) {
    let length = problem.length
    let width = hidden / problem.heads
    let results = attention(ReferenceCall(OperatorRequest(attention: attending), inputs: heads(rows)))
    // From [B, H, L, P] to rows of tokens.
    var attended = [Scalar](repeating: 0, count: tokens * hidden)
    for (index, value) in results["output"]!.enumerated() {
      let (line, column) = index.quotientAndRemainder(dividingBy: width)
      let (plane, token) = line.quotientAndRemainder(dividingBy: length)
      attended[(plane / problem.heads * length + token) * hidden + plane % problem.heads * width + column] = value
    }
    return (attended, results["log-sum-exp"]!)
  }
}
