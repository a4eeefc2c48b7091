import Tessera
import TesseraModels
import Testing

/// Decoders whose matrices are of one quantised type each, against llama.cpp with the same weights as F32.
@Suite struct StoredTypeTests {
  private let fixture = StoredTypeFixture.all

  @Test func thereAreFixturesOfTheseTypes() {
    #expect(StoredTypeFixture.types == [.q5_0, .q5_1, .q2_K, .q3_K, .q5_K])
    #expect(fixture.logits.count == 5 && fixture.logits.values.allSatisfy { $0.count == fixture.positions.count })
  }

  /// In one pass, whose rows are many, and one by one.
  @Test(arguments: InstructionSet.available, StoredTypeFixture.types)
  func logitsAreLlamas(set: InstructionSet, type: ElementType) throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set)
    let model = try fixture.model(type)
    func decoder() throws -> TransformerDecoder {
      try TransformerDecoder(model, cacheShape: model.cacheShape(capacity: 64), context: context)
    }
    let (one, other) = (try decoder(), try decoder())
    let vocabulary = model.configuration.vocabularySize
    var atOnce: [Float] = []
    try one.prefill(fixture.tokens) { _, logits in atOnce += logits }
    let oneByOne = try fixture.tokens.flatMap { token in
      try withExtendedLifetime(other) { Array(try other.step([token])) }
    }
    for (position, expected) in zip(fixture.positions, try #require(fixture.logits[type.name])) {
      for logits in [atOnce, oneByOne] {
        let found = Array(logits[position * vocabulary..<(position + 1) * vocabulary])
        let difference = TransformerDecoderTests.difference(found, expected)
        #expect(difference < 1e-5, "position \(position)")
      }
    }
  }
}
