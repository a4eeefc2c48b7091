import Foundation
import TesseraModels
import TesseraReference

/// The loss of a decoder's parameters from definitions, in double precision, and its derivatives by central
/// differences.
struct TrainingOracle {
  private let parameters: DecoderParameters
  private var values: [String: [Double]] = [:]

  init(_ decoder: TrainableDecoder) {
    parameters = decoder.parameters
    for tensor in parameters.tensors {
      values[tensor.name] = decoder.elements(of: tensor, in: decoder.values).map(Double.init)
    }
  }

  /// The mean over the targets that count.
  func loss(_ tokens: [Int32], _ targets: [Int32], sequences: Int) -> Double {
    let sizes = parameters.configuration
    let (values, length) = (values, tokens.count / sequences)
    var oracle = ReferenceDecoder { name, row in
      let tensor = values[Self.name(name)]!
      // A norm has one row.
      let columns = name.contains("norm") ? tensor.count : Self.columns(name, sizes)
      return Array(tensor[row * columns..<(row + 1) * columns])
    }
    (oracle.layers, oracle.width, oracle.feedForwardWidth) = (sizes.layers, sizes.width, sizes.feedForwardWidth)
    (oracle.queryHeads, oracle.keyValueHeads) = (sizes.queryHeads, sizes.keyValueHeads)
    (oracle.headDimension, oracle.vocabularySize) = (sizes.headDimension, sizes.vocabularySize)
    (oracle.normEpsilon, oracle.rotary.base) = (sizes.normEpsilon, sizes.rotaryBase)
    oracle.rotary.pairing = .halfSplit
    if !parameters.tiesEmbedding { oracle.optionalTensors = ["output.weight"] }
    var (sum, counted) = (0.0, 0)
    for sequence in 0..<sequences {
      let places = sequence * length..<(sequence + 1) * length
      let logits = oracle.logits(of: tokens[places].map { Int($0) })
      for (row, target) in targets[places].enumerated() where target != -100 {
        let line = logits[row * sizes.vocabularySize..<(row + 1) * sizes.vocabularySize]
        let greatest = line.max()!
        sum += greatest + log(line.reduce(0) { $0 + exp($1 - greatest) }) - line[line.startIndex + Int(target)]
        counted += 1
      }
    }
    return sum / Double(counted)
  }

  mutating func derivative(
    _ name: String, _ index: Int, of tokens: [Int32], _ targets: [Int32], sequences: Int
  ) -> Double {
    let (value, step) = (values[name]![index], 1e-4)
    values[name]![index] = value + step
    let above = loss(tokens, targets, sequences: sequences)
    values[name]![index] = value - step
    let below = loss(tokens, targets, sequences: sequences)
    values[name]![index] = value
    return (above - below) / (2 * step)
  }

  private static func columns(_ name: String, _ sizes: DecoderConfiguration) -> Int {
    if name.hasSuffix("ffn_down.weight") { return sizes.feedForwardWidth }
    return name.hasSuffix("attn_output.weight") ? sizes.queryHeads * sizes.valueDimension : sizes.width
  }

  /// GGUF's names, which the oracle goes by, in Hugging Face's.
  private static func name(_ name: String) -> String {
    let parts = name.split(separator: ".").map(String.init)
    guard parts[0] == "blk" else { return outer[name]! }
    return "model.layers.\(parts[1]).\(inner[parts[2]]!).weight"
  }

  private static let outer = [
    "token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
  ]
  private static let inner = [
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
  ]
}
