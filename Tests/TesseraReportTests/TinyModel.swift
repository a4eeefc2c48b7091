import Tessera
import TesseraModels

/// A GGUF file of a decoder that runs in a blink, in memory: 3 layers, whose maps down are stored in two ways.
enum TinyModel {
  static let (layers, width, feedForwardWidth, vocabulary, contextLength) = (3, 64, 96, 80, 40)
  /// Query heads and key-value heads; both products with the head's width are other numbers than the rest.
  static let (queryHeads, keyValueHeads) = (4, 2)

  static let model = Result { try DecoderModel(GGUFFile(MappedFile(copying: bytes, name: "folder/tiny.gguf"))) }

  static var bytes: [UInt8] {
    var file = Writer()
    for (key, value) in [
      ("block_count", layers), ("embedding_length", width), ("feed_forward_length", feedForwardWidth),
      ("attention.head_count", queryHeads), ("attention.head_count_kv", keyValueHeads),
      ("context_length", contextLength),
    ] { file.pair("llama.\(key)", type: 4, number(UInt32(value))) }
    file.pair("general.architecture", type: 8, string("llama"))
    file.pair("llama.attention.layer_norm_rms_epsilon", type: 6, number(Float(1e-5).bitPattern))
    file.tensor("token_embd.weight", .q8_0, [vocabulary, width])
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

    /// Of elements that follow from its number.
    mutating func tensor(_ name: String, _ type: ElementType, _ shape: [Int]) {
      tensors += string(name) + number(UInt32(shape.count)) + shape.reversed().flatMap { number(UInt64($0)) }
      tensors += number(type.rawValue) + number(UInt64(data.count))
      var stored = [UInt8](repeating: 0, count: type.byteCount(ofElements: shape.reduce(1, *)))
      stored.withUnsafeMutableBytes { fillStored($0, as: type, seed: tensorCount) }
      data = aligned(data + stored)
      tensorCount += 1
    }

    private func aligned(_ bytes: [UInt8]) -> [UInt8] {
      bytes + [UInt8](repeating: 0, count: (32 - bytes.count % 32) % 32)
    }
  }

  private static func string(_ text: String) -> [UInt8] { number(UInt64(text.utf8.count)) + text.utf8 }

  private static func number(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
