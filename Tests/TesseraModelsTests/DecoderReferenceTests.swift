import Foundation
import Tessera
import Testing

@testable import TesseraModels

/// The decoder against llama.cpp's values for the same weights (Fixtures/Decoder/make.py).
@Suite(.serialized) struct DecoderReferenceTests {
  struct Reference: Decodable {
    struct Position: Decodable {
      let position: Int
      let logits: [[Double]]
    }
    struct Generation: Decodable {
      let prompt: String
      let promptIds: [Int]
      let ids: [Int]
    }
    let perplexity: Double
    let ids: [Int]
    let negativeLogLikelihoods: [Double]
    let greatestLogits: [Position]
    let generations: [Generation]
  }

  static let reference: Reference = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let data = try! Data(contentsOf: folder.appending(path: "Fixtures/Decoder/smollm2.json"))
    return try! JSONDecoder().decode(Reference.self, from: data)
  }()
  static let model = try! DecoderModel(GGUFFile(path: ProcessInfo.processInfo.environment["TESSERA_MODEL"]!))

  @Test(arguments: [StoredType.float32, .bfloat16])
  func likelihoods(type: StoredType) throws {
    let reference = Self.reference
    let decoder = try TransformerDecoder(Self.model, cacheShape: Self.model.cacheShape(type: type))
    let width = Self.model.configuration.vocabularySize
    var sum = 0.0
    var worst = 0.0
    var worstLogit = 0.0
    try decoder.prefill(reference.ids) { first, logits in
      for row in 0..<logits.count / width {
        let line = logits[row * width..<(row + 1) * width]
        let position = first + row
        if let known = reference.greatestLogits.first(where: { $0.position == position }) {
          for pair in known.logits {
            worstLogit = max(worstLogit, abs(Double(line[row * width + Int(pair[0])]) - pair[1]))
          }
        }
        guard position + 1 < reference.ids.count else { continue }
        let greatest = Double(line.max()!)
        let total = line.reduce(0.0) { $0 + exp(Double($1) - greatest) }
        let likelihood = greatest + log(total) - Double(line[row * width + reference.ids[position + 1]])
        worst = max(worst, abs(likelihood - reference.negativeLogLikelihoods[position]))
        sum += likelihood
      }
    }
    let perplexity = exp(sum / Double(reference.ids.count - 1))
    print(
      "perplexity \(perplexity), llama.cpp's \(reference.perplexity); worst likelihood \(worst), logit \(worstLogit)")
    #expect(abs(perplexity / reference.perplexity - 1) < 0.005)
  }

  @Test func greedyGeneration() throws {
    let decoder = try TransformerDecoder(Self.model)
    for generation in Self.reference.generations {
      try decoder.reset()
      var logits = try decoder.prefill(generation.promptIds)
      var ids: [Int] = []
      let start = ContinuousClock.now
      while ids.count < generation.ids.count {
        let next = logits.indices.max { logits[$0] < logits[$1] }!
        ids.append(next)
        logits = try decoder.step([next])
      }
      print(ContinuousClock.now - start, ids == generation.ids)
      #expect(ids == generation.ids)
    }
  }
}
