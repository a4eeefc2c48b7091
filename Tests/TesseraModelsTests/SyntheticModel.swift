import Tessera
import TesseraModels

/// Small decoders of Llama's architecture with made-up weights, as files that are in memory only.
struct SyntheticModel {
  var layers = 2
  var width = 32
  var feedForwardWidth = 64
  var queryHeads = 4
  var keyValueHeads = 2
  var vocabulary = 96
  var contextLength = 256
  /// What the weights follow from.
  var seed: UInt64 = 1
  /// Where it is not nil, the model knows nothing but this: after token t comes next[t].
  private var next: [Int]?

  init() {}

  /// After token t the model is sure of `next[t]`; all other logits are 0. Embeddings are unit vectors, and blocks
  /// add 0.
  init(next: [Int]) {
    self.next = next
    (layers, queryHeads, keyValueHeads) = (1, 1, 1)
    // Rotary columns are even.
    (vocabulary, width) = (next.count, (next.count + 1) / 2 * 2)
  }

  func model() throws -> DecoderModel { try DecoderModel(file()) }

  func file() throws -> GGUFFile {
    var file = GGUFBytes()
    file.append("general.architecture", string: "llama")
    for (key, number) in [
      ("block_count", layers), ("embedding_length", width), ("feed_forward_length", feedForwardWidth),
      ("attention.head_count", queryHeads), ("attention.head_count_kv", keyValueHeads),
      ("context_length", contextLength),
    ] {
      file.append("llama.\(key)", number: UInt32(number))
    }
    file.append("llama.attention.layer_norm_rms_epsilon", float: 1e-5)
    let (queryWidth, keyWidth) = (width, width / queryHeads * keyValueHeads)
    appendMatrix("token_embd.weight", .q8_0, vocabulary, width, to: &file) { $0 == $1 }
    appendNorm("output_norm.weight", to: &file)
    appendMatrix("output.weight", .float32, vocabulary, width, to: &file) { isNext($0, after: $1) }
    for layer in 0..<layers {
      let name = "blk.\(layer)."
      appendNorm(name + "attn_norm.weight", to: &file)
      appendMatrix(name + "attn_q.weight", .q4_1, queryWidth, width, to: &file)
      appendMatrix(name + "attn_k.weight", .bfloat16, keyWidth, width, to: &file)
      appendMatrix(name + "attn_v.weight", .float16, keyWidth, width, to: &file)
      appendMatrix(name + "attn_output.weight", .q4_0, width, queryWidth, to: &file)
      appendNorm(name + "ffn_norm.weight", to: &file)
      appendMatrix(name + "ffn_gate.weight", .q8_0, feedForwardWidth, width, to: &file)
      appendMatrix(name + "ffn_up.weight", .float32, feedForwardWidth, width, to: &file)
      appendMatrix(name + "ffn_down.weight", .q4_1, width, feedForwardWidth, to: &file)
    }
    return try GGUFFile(MappedFile(copying: file.bytes, name: "synthetic"))
  }

  private func isNext(_ token: Int, after last: Int) -> Bool {
    next.map { last < $0.count && $0[last] == token } ?? false
  }

  /// Random elements; where the model follows a list, floats that are 1 where `isOne` says so, and else 0.
  private func appendMatrix(
    _ name: String, _ type: ElementType, _ rows: Int, _ columns: Int, to file: inout GGUFBytes,
    isOne: (_ row: Int, _ column: Int) -> Bool = { _, _ in false }
  ) {
    if next != nil {
      let floats = (0..<rows * columns).map { Float(isOne($0 / columns, $0 % columns) ? 1 : 0) }
      file.append(tensor: name, .float32, shape: [rows, columns], floats.withUnsafeBytes { Array($0) })
      return
    }
    var stored = [UInt8](repeating: 0, count: type.byteCount(ofElements: rows * columns))
    stored.withUnsafeMutableBytes { fillStored($0, as: type, seed: seed(of: name)) }
    file.append(tensor: name, type, shape: [rows, columns], stored)
  }

  private func appendNorm(_ name: String, to file: inout GGUFBytes) {
    var weight = [Float](repeating: 1, count: width)
    if next == nil {
      weight.withUnsafeMutableBufferPointer { fillUniform($0, seed: seed(of: name)) }
      for index in weight.indices { weight[index] = 1 + weight[index] / 2 }
    }
    file.append(tensor: name, .float32, shape: [width], weight.withUnsafeBytes { Array($0) })
  }

  /// The same on every run, unlike a hash of the library's.
  private func seed(of name: String) -> UInt64 { name.utf8.reduce(seed) { $0 &* 31 &+ UInt64($1) } }
}
