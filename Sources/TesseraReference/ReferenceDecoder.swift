import RealModule
import TesseraCore

/// A decoder of Llama's kind from its definition, in double precision: RMS norm, causal grouped-query attention with
/// rotary embedding, RMS norm, SwiGLU; with biases and norms of heads where the model has them. Composed of the
/// oracle's operators, but for the linear maps, which are many (`ReferenceTokenTiles`).
public struct ReferenceDecoder {
  public var layers = 1
  public var width = 1
  public var feedForwardWidth = 1
  public var queryHeads = 1
  public var keyValueHeads = 1
  public var headDimension = 1
  public var vocabularySize = 1
  public var normEpsilon: Float = 1e-5
  /// Its columns, sequences and starts are the decoder's.
  public var rotary = RotaryEmbeddingOptions()
  /// Tensors that not every model has: `output.weight`, biases and norms of heads, by the names that GGUF gives them.
  /// Without an output map the embedding is taken again.
  public var optionalTensors: Set<String> = []
  /// A row of a tensor, by the names that GGUF gives tensors.
  public var row: (_ tensor: String, _ row: Int) -> [Double]

  public init(row: @escaping (_ tensor: String, _ row: Int) -> [Double]) { self.row = row }

  /// Logits after each token of one sequence, tokens × vocabulary.
  public func logits(of tokens: [Int]) -> [Double] {
    var stream = tokens.flatMap { row("token_embd.weight", $0) }
    for layer in 0..<layers {
      let prefix = "blk.\(layer)."
      let attentionInput = normalized(stream, prefix + "attn_norm.weight")
      stream = sum(stream, attended(attentionInput, prefix, count: tokens.count))
      let feedForwardInput = normalized(stream, prefix + "ffn_norm.weight")
      stream = sum(stream, fed(feedForwardInput, prefix, count: tokens.count))
    }
    let last = normalized(stream, "output_norm.weight")
    let output = optionalTensors.contains("output.weight") ? "output.weight" : "token_embd.weight"
    return map(last, output, count: tokens.count, columns: vocabularySize)
  }

  /// The attention block before its residual.
  private func attended(_ input: [Double], _ prefix: String, count: Int) -> [Double] {
    func heads(_ name: String, _ heads: Int) -> [Double] {
      var rows = map(input, prefix + name + ".weight", count: count, columns: heads * headDimension)
      let norm = prefix + name + "_norm.weight"
      if optionalTensors.contains(norm) { rows = normalized(rows, norm, columns: headDimension) }
      return exchanged(rows, count, heads)
    }
    func rotated(_ values: [Double], _ heads: Int) -> [Double] {
      var rotation = OperatorRequest(extents: [.planes: heads, .rows: count, .columns: headDimension])
      rotation.rotary = rotary
      return call(rotaryEmbedding, rotation, ["input": values])
    }
    var problem = AttentionProblem(
      batch: 1, queryHeads: queryHeads, keyValueHeads: keyValueHeads, queryLength: count, headDimension: headDimension)
    problem.mask = .causal()
    let output = call(
      attention, OperatorRequest(attention: problem),
      [
        "queries": rotated(heads("attn_q", queryHeads), queryHeads),
        "keys": rotated(heads("attn_k", keyValueHeads), keyValueHeads),
        "values": heads("attn_v", keyValueHeads),
      ])
    return map(
      exchanged(output, queryHeads, count), prefix + "attn_output.weight", count: count, columns: width)
  }

  /// The feed-forward block before its residual.
  private func fed(_ input: [Double], _ prefix: String, count: Int) -> [Double] {
    let gate = map(input, prefix + "ffn_gate.weight", count: count, columns: feedForwardWidth)
    let up = map(input, prefix + "ffn_up.weight", count: count, columns: feedForwardWidth)
    let gated = zip(gate, up).map { activated($0, .silu) * $1 }
    return map(gated, prefix + "ffn_down.weight", count: count, columns: width)
  }

  private func map(_ input: [Double], _ name: String, count: Int, columns: Int) -> [Double] {
    let result = ReferenceTokenTiles(input, count: count).mapped(columns: columns) { row(name, $0) }
    let bias = name.split(separator: ".").dropLast().joined(separator: ".") + ".bias"
    guard optionalTensors.contains(bias) else { return result }
    let values = row(bias, 0)
    return result.indices.map { result[$0] + values[$0 % columns] }
  }

  private func normalized(_ input: [Double], _ name: String, columns: Int? = nil) -> [Double] {
    let columns = columns ?? width
    var request = OperatorRequest(extents: [.rows: input.count / columns, .columns: columns])
    request.mode = .inference
    request.epsilon = normEpsilon
    return call(rmsNorm, request, ["input": input, "weight": row(name, 0)])
  }

  private func sum(_ left: [Double], _ right: [Double]) -> [Double] { zip(left, right).map { $0 + $1 } }

  private func call(
    _ function: ReferenceFunction<Double>, _ request: OperatorRequest, _ inputs: [String: [Double]]
  ) -> [Double] {
    function(ReferenceCall(request, inputs: inputs))["output"]!
  }

  /// Values of [outer, inner, D] brought to [inner, outer, D].
  private func exchanged(_ values: [Double], _ outer: Int, _ inner: Int) -> [Double] {
    var result: [Double] = []
    result.reserveCapacity(values.count)
    for i in 0..<inner {
      for o in 0..<outer {
        let first = (o * inner + i) * headDimension
        result += values[first..<first + headDimension]
      }
    }
    return result
  }
}
