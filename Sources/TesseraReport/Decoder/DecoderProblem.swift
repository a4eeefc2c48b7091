import Tessera
import TesseraModels

/// What a decoder does in the pass that is timed; the raw value is the word for it in options and JSON.
public enum DecoderPhase: String, CaseIterable, Codable, Sendable {
  /// All tokens of a prompt at once, none being in the cache before.
  case prefill
  /// One token of one sequence, with others in the cache before it.
  case decode
}

/// A pass of a decoder of which a report is made.
public struct DecoderProblem: Sendable {
  public let model: DecoderModel
  public let phase: DecoderPhase
  /// Prefill: tokens of the prompt. Decode: tokens in the cache before the one that is timed.
  public let context: Int

  /// `context` nil: 512, or the most that the model has. Throws where the pass would go beyond the positions that the
  /// model was made for, or has no token.
  public init(_ model: DecoderModel, phase: DecoderPhase, context: Int? = nil) throws(TesseraError) {
    let positions = model.configuration.contextLength
    let allowed = phase == .prefill ? 1...positions : 0...positions - 1
    let context = context ?? min(512, allowed.upperBound)
    guard allowed.contains(context) else {
      throw .invalidOperand(
        operation: "decoder's \(phase.rawValue)", operand: "context",
        expected: "\(allowed.lowerBound) to \(allowed.upperBound), as the model has \(positions) positions",
        actual: "\(context)")
    }
    (self.model, self.phase, self.context) = (model, phase, context)
  }

  /// How the cache stores keys and values.
  static let cacheType = ElementType.float32

  /// The model file's, without its folder.
  public var fileName: String {
    let path = model.weights.tokenEmbedding.file.path
    return path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  /// Tokens of the pass that is timed.
  public var tokenCount: Int { phase == .prefill ? context : 1 }

  /// Tokens in the cache before the pass.
  public var cachedCount: Int { phase == .prefill ? 0 : context }

  /// Ids that follow from their positions, all over the vocabulary: which ones they are changes no time but that of
  /// finding rows of the embedding.
  func tokens(_ positions: Range<Int>) -> [Int] {
    // A prime, so that neighbours lie far apart.
    positions.map { ($0 * 7919 + 1) % model.configuration.vocabularySize }
  }

  /// Types that the matrices of the layers are stored as, the commonest first, then those of embedding and output.
  public var weightTypes: [ElementType] {
    var counts: [ElementType: Int] = [:]
    for layer in model.weights.layers {
      for weight in [
        layer.queries, layer.keys, layer.values, layer.attentionOutput, layer.gate, layer.up, layer.down,
      ] { counts[weight.elementType, default: 0] += weight.byteRange.count }
    }
    var types = counts.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }.map(\.key)
    for weight in [model.weights.tokenEmbedding, model.weights.output] where !types.contains(weight.elementType) {
      types.append(weight.elementType)
    }
    return types
  }
}
