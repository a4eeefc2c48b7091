import Foundation
import Tessera
import TesseraModels
import Testing

/// The decoder against llama.cpp's values for the same weights.
@Suite(.serialized, .enabled(if: ModelUnderTest.isWanted, "\(ModelUnderTest.skipReason)"))
struct DecoderReferenceTests {
  static let fixture = DecoderFixture.smollm2

  /// With keys and values as floats both compute the same, but for the order of sums. Measured: likelihoods differ by
  /// at most 4.2e-4, logits by 2.7e-5.
  @Test func likelihoodsAreLlamaCpps() throws {
    let found = try measured(.float32)
    for (position, (likelihood, expected)) in zip(found.likelihoods, Self.fixture.negativeLogLikelihoods).enumerated()
    where !(abs(likelihood - expected) < 1e-3) {
      Issue.record("position \(position): expected \(expected), got \(likelihood)")
    }
    #expect(found.likelihoods.count == Self.fixture.negativeLogLikelihoods.count)
    for expected in Self.fixture.greatestLogits {
      let logits = try #require(found.greatestLogits[expected.position])
      for (pair, logit) in zip(expected.logits, logits) where !(abs(logit - pair[1]) < 1e-3) {
        Issue.record("position \(expected.position), token \(Int(pair[0])): expected \(pair[1]), got \(logit)")
      }
      #expect(logits.count == expected.logits.count)
    }
  }

  /// Keys and values as bfloat16 cost little: the perplexity is the same to half a percent. Measured: 0.02 % more.
  @Test func perplexityOfARoundedCache() throws {
    let expected = Self.fixture.negativeLogLikelihoods
    let found = try measured(.bfloat16).likelihoods
    #expect(found.count == expected.count)
    let ratio = exp((found.reduce(0, +) - expected.reduce(0, +)) / Double(expected.count))
    #expect(abs(ratio - 1) < 0.005)
  }

  /// Tokens are the same until llama.cpp's two greatest logits first lie so near that rounding may choose.
  @Test(arguments: 0..<3) func greedyGeneration(_ index: Int) throws {
    let generation = Self.fixture.generations[index]
    let steps = generation.gaps.firstIndex { $0 < 0.01 } ?? generation.ids.count
    #expect(steps > 40)
    let model = try ModelUnderTest.model()
    let decoder = try TransformerDecoder(
      model, cacheShape: model.cacheShape(capacity: generation.promptIds.count + steps))
    var logits = try decoder.prefill(generation.promptIds)
    var ids: [Int] = []
    for _ in 0..<steps {
      let next = logits.indices.max { logits[$0] < logits[$1] }!
      ids.append(next)
      logits = try decoder.step([next])
    }
    #expect(ids == Array(generation.ids.prefix(steps)))
  }

  /// The negative log-likelihood of each of the fixture's ids after those before it, and the logits that the fixture
  /// has, by position.
  private func measured(
    _ type: ElementType
  ) throws -> (likelihoods: [Double], greatestLogits: [Int: [Double]]) {
    let ids = Self.fixture.ids
    let model = try ModelUnderTest.model()
    let decoder = try TransformerDecoder(model, cacheShape: model.cacheShape(type: type))
    let width = model.configuration.vocabularySize
    var likelihoods: [Double] = []
    var greatestLogits: [Int: [Double]] = [:]
    try decoder.prefill(ids) { first, logits in
      for row in 0..<logits.count / width {
        let (position, logits) = (first + row, UnsafeBufferPointer(rebasing: logits[row * width..<(row + 1) * width]))
        if let known = Self.fixture.greatestLogits.first(where: { $0.position == position }) {
          greatestLogits[position] = known.logits.map { Double(logits[Int($0[0])]) }
        }
        guard position + 1 < ids.count else { continue }
        let greatest = Double(logits.max()!)
        let total = logits.reduce(0.0) { $0 + exp(Double($1) - greatest) }
        likelihoods.append(greatest + log(total) - Double(logits[ids[position + 1]]))
      }
    }
    return (likelihoods, greatestLogits)
  }
}
