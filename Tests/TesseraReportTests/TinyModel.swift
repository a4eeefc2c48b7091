import Foundation
import Tessera
import TesseraModels

/// A GGUF file of a decoder that runs in a blink, in memory: 3 layers, whose maps down are stored in two ways.
enum TinyModel {
  static let (layers, width, feedForwardWidth, vocabulary, contextLength) = (3, 64, 96, 80, 40)
  /// Query heads and key-value heads; both products with the head's width are other numbers than the rest.
  static let (queryHeads, keyValueHeads) = (4, 2)

  static let model = Result { try DecoderModel(GGUFFile(MappedFile(copying: bytes, name: "folder/tiny.gguf"))) }

  static var bytes: [UInt8] { bytes(contextLength: contextLength) }

  /// A file of other length of context. `talks`: with a vocabulary of letters and a ChatML template. The end's logit is
  /// 0 always, so that it is never the greatest.
  static func bytes(contextLength: Int, talks: Bool = false) -> [UInt8] {
    var file = Writer()
    for (key, value) in [
      ("block_count", layers), ("embedding_length", width), ("feed_forward_length", feedForwardWidth),
      ("attention.head_count", queryHeads), ("attention.head_count_kv", keyValueHeads),
      ("context_length", contextLength),
    ] { file.pair("llama.\(key)", type: 4, number(UInt32(value))) }
    file.pair("general.architecture", type: 8, string("llama"))
    file.pair("llama.attention.layer_norm_rms_epsilon", type: 6, number(Float(1e-5).bitPattern))
    if talks {
      let letters = "ĠĊABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,:;!?-+*/()'=".map(String.init)
      let tokens = ["<|im_end|>", "<|im_start|>"] + letters
      file.pair("tokenizer.ggml.model", type: 8, string("gpt2"))
      file.pair("tokenizer.ggml.pre", type: 8, string("gpt-2"))
      file.pair("tokenizer.ggml.tokens", type: 9, strings(tokens))
      file.pair("tokenizer.ggml.merges", type: 9, strings([]))
      let kinds = tokens.indices.flatMap { number(UInt32($0 < 2 ? 3 : 1)) }
      file.pair("tokenizer.ggml.token_type", type: 9, number(UInt32(5)) + number(UInt64(tokens.count)) + kinds)
      file.pair("tokenizer.ggml.eos_token_id", type: 4, number(UInt32(0)))
      file.pair("tokenizer.chat_template", type: 8, string(chatML))
    }
    file.tensor("token_embd.weight", .q8_0, [vocabulary, width], zeroRows: talks ? 1 : 0)
    file.tensor("output_norm.weight", .float32, [width])
    let keyWidth = width / queryHeads * keyValueHeads
    for layer in 0..<layers {
      func tensor(_ name: String, _ type: ElementType, _ shape: [Int]) {
        file.tensor("blk.\(layer).\(name).weight", type, shape)
      }
      tensor("attn_norm", .float32, [width])
      tensor("attn_q", .q4_1, [width, width])
      tensor("attn_k", .q4_1, [keyWidth, width])
      tensor("attn_v", .q4_0, [keyWidth, width])
      tensor("attn_output", .q4_1, [width, width])
      tensor("ffn_norm", .float32, [width])
      tensor("ffn_gate", .q4_1, [feedForwardWidth, width])
      tensor("ffn_up", .q4_1, [feedForwardWidth, width])
      tensor("ffn_down", layer == 0 ? .q8_0 : .q4_1, [width, feedForwardWidth])
    }
    return file.bytes
  }

  private static let chatML =
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' "
    + "+ '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"

  /// A file that is there while `body` runs.
  static func withFile<Result>(
    contextLength: Int = contextLength, talks: Bool = false, _ body: (_ path: String) throws -> Result
  ) throws -> Result {
    let file = FileManager.default.temporaryDirectory.appending(path: "tessera-\(UUID().uuidString).gguf")
    try Data(bytes(contextLength: contextLength, talks: talks)).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try body(file.path)
  }

  private struct Writer {
    private var pairs: [UInt8] = []
    private var tensors: [UInt8] = []
    private var data: [UInt8] = []
    private var (pairCount, tensorCount) = (UInt64(0), UInt64(0))

    init() {}

    var bytes: [UInt8] {
      aligned(Array("GGUF".utf8) + number(UInt32(3)) + number(tensorCount) + number(pairCount) + pairs + tensors)
        + data
    }

    mutating func pair(_ key: String, type: UInt32, _ value: [UInt8]) {
      pairs += string(key) + number(type) + value
      pairCount += 1
    }

    /// Adds a tensor of elements that follow from its number; the first rows may be 0.
    mutating func tensor(_ name: String, _ type: ElementType, _ shape: [Int], zeroRows: Int = 0) {
      tensors += string(name) + number(UInt32(shape.count)) + shape.reversed().flatMap { number(UInt64($0)) }
      tensors += number(type.rawValue) + number(UInt64(data.count))
      var stored = [UInt8](repeating: 0, count: type.byteCount(ofElements: shape.reduce(1, *)))
      stored.withUnsafeMutableBytes { fillStored($0, as: type, seed: tensorCount) }
      let zeros = zeroRows * type.byteCount(ofElements: shape.last!)
      stored.replaceSubrange(..<zeros, with: repeatElement(0, count: zeros))
      data = aligned(data + stored)
      tensorCount += 1
    }

    private func aligned(_ bytes: [UInt8]) -> [UInt8] {
      bytes + [UInt8](repeating: 0, count: (32 - bytes.count % 32) % 32)
    }
  }

  private static func strings(_ texts: [String]) -> [UInt8] {
    number(UInt32(8)) + number(UInt64(texts.count)) + texts.flatMap(string)
  }

  private static func string(_ text: String) -> [UInt8] { number(UInt64(text.utf8.count)) + text.utf8 }

  private static func number(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
