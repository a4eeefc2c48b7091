import Foundation

/// What llama.cpp computes with the model's weights as F32 (Fixtures/Decoder/make.py).
struct DecoderFixture: Decodable {
  /// The greatest logits after a position's token, as pairs of token and logit.
  struct Position: Decodable {
    let position: Int
    let logits: [[Double]]
  }
  /// Tokens that each had the greatest logit; the gaps are by how much.
  struct Generation: Decodable {
    let promptIds: [Int]
    let ids: [Int]
    let gaps: [Double]
  }
  let ids: [Int]
  /// The negative log-likelihood of token i + 1 after tokens 0 ... i.
  let negativeLogLikelihoods: [Double]
  let greatestLogits: [Position]
  let generations: [Generation]

  static let smollm2: DecoderFixture = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let data = try! Data(contentsOf: folder.appending(path: "Fixtures/Decoder/smollm2.json"))
    return try! JSONDecoder().decode(DecoderFixture.self, from: data)
  }()
}
