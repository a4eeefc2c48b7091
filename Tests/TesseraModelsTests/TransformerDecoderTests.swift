import Tessera
import TesseraModels
import TesseraReference
import Testing

/// A small decoder of random weights against its definition, and against itself on other ways to the same tokens.
@Suite struct TransformerDecoderTests {
  static let model = try! SyntheticModel().model()
  static let vocabulary = model.configuration.vocabularySize

  /// Random ids.
  static func tokens(_ count: Int, seed: UInt64 = 5) -> [Int] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Int.random(in: 0..<vocabulary, using: &random) }
  }

  static func decoder(
    sequences: Int = 1, capacity: Int = 128, type: ElementType = .float32, chunkLength: Int = 512
  ) throws -> TransformerDecoder {
    try TransformerDecoder(
      model, cacheShape: model.cacheShape(sequences: sequences, capacity: capacity, type: type),
      chunkLength: chunkLength)
  }

  /// Logits after each token.
  static func logits(_ decoder: TransformerDecoder, _ tokens: [Int], sequence: Int = 0) throws -> [Float] {
    var all: [Float] = []
    let last = try decoder.prefill(tokens, sequence: sequence) { first, logits in
      #expect(first * vocabulary == all.count)
      all += logits
    }
    withExtendedLifetime(decoder) { #expect(Array(last) == Array(all.suffix(vocabulary))) }
    return all
  }

  /// A copy of what a step returns, which lives as long as the decoder.
  static func step(_ decoder: TransformerDecoder, _ tokens: [Int], sequences: [Int] = [0]) throws -> [Float] {
    try withExtendedLifetime(decoder) { Array(try decoder.step(tokens, sequences: sequences)) }
  }

  /// The largest difference, as a part of the largest logit; NaN is one.
  static func difference(_ logits: [Float], _ expected: [Float]) -> Float {
    guard logits.count == expected.count, logits.allSatisfy(\.isFinite) else { return .infinity }
    let largest = expected.reduce(0) { max($0, $1.magnitude) }
    return zip(logits, expected).reduce(0) { max($0, ($1.0 - $1.1).magnitude) } / largest
  }

  /// Sums in another order. Measured: up to 6e-6.
  static let rounding: Float = 2e-5

  @Test(arguments: 1...3) func logitsAreTheOracles(seed: Int) throws {
    var synthetic = SyntheticModel()
    synthetic.seed = UInt64(seed)
    let file = try synthetic.file()
    let oracle = try ReferenceDecoder(file)
    let tokens = Self.tokens(40)
    let logits = try Self.logits(TransformerDecoder(DecoderModel(file)), tokens)
    #expect(Self.difference(logits, oracle.logits(of: tokens).map { Float($0) }) < Self.rounding)
  }

  @Test func chunksOfAnyLengthGiveTheSame() throws {
    let tokens = Self.tokens(70)
    let expected = try Self.logits(Self.decoder(), tokens)
    for chunkLength in [1, 2, 7, 8, 9, 35, 64, 69, 70, 71] {
      let logits = try Self.logits(Self.decoder(chunkLength: chunkLength), tokens)
      #expect(Self.difference(logits, expected) < Self.rounding, "chunks of \(chunkLength)")
      // Without a visitor only the last row is made.
      let decoder = try Self.decoder(chunkLength: chunkLength)
      let last = try withExtendedLifetime(decoder) { Array(try decoder.prefill(tokens)) }
      #expect(Self.difference(last, Array(expected.suffix(Self.vocabulary))) < Self.rounding)
    }
  }

  /// A prompt in pieces and single tokens is a prompt at once.
  @Test func stepsGoOnWhereAPromptEnds() throws {
    let tokens = Self.tokens(40)
    let expected = try Self.logits(Self.decoder(), tokens)
    let decoder = try Self.decoder()
    var logits = try Self.logits(decoder, Array(tokens[..<11])) + Self.logits(decoder, Array(tokens[11..<14]))
    for token in tokens[14...] { logits += try Self.step(decoder, [token]) }
    #expect(decoder.cache.lengths == [40])
    #expect(Self.difference(logits, expected) < Self.rounding)
  }

  /// The cache has room for 128 positions of 200.
  @Test func aRollingCacheGivesTheSameInAnyChunks() throws {
    let tokens = Self.tokens(200)
    func run(chunkLength: Int) throws -> [Float] {
      let sizes = Self.model.configuration
      let shape = KeyValueCacheShape(
        layers: sizes.layers, keyValueHeads: sizes.keyValueHeads, headDimension: sizes.headDimension, window: 20,
        longestStep: 44)
      return try Self.logits(TransformerDecoder(Self.model, cacheShape: shape, chunkLength: chunkLength), tokens)
    }
    let expected = try run(chunkLength: 1)
    for chunkLength in [3, 44, 200] {
      #expect(Self.difference(try run(chunkLength: chunkLength), expected) < Self.rounding)
    }
    // A window forgets.
    #expect(Self.difference(expected, try Self.logits(Self.decoder(capacity: 200), tokens)) > 0.01)
  }

  /// bfloat16 keeps 8 bits of a key or value. Measured: 0.017 of the largest logit.
  @Test func aRoundedCacheIsNear() throws {
    let tokens = Self.tokens(70)
    let difference = Self.difference(
      try Self.logits(Self.decoder(type: .bfloat16), tokens), try Self.logits(Self.decoder(), tokens))
    #expect(difference < 0.05 && difference > 1e-4)
  }

  /// Few keys, and as many as attention splits.
  @Test(arguments: [(10, 128), (600, 4096)]) func sequencesDoNotMeet(prompt: Int, capacity: Int) throws {
    var synthetic = SyntheticModel()
    synthetic.contextLength = capacity
    let model = try synthetic.model()
    func decoder(sequences: Int) throws -> TransformerDecoder {
      try TransformerDecoder(model, cacheShape: model.cacheShape(sequences: sequences))
    }
    let texts = [(20, 1), (3, 2), (11, 3)].map { Self.tokens(prompt + $0, seed: UInt64($1)) }
    let expected = try texts.map { text in
      let alone = try decoder(sequences: 1)
      try alone.prefill(Array(text[..<prompt]))
      return try text[prompt...].map { try Self.step(alone, [$0]) }
    }
    let together = try decoder(sequences: 3)
    for sequence in [1, 2, 0] { try together.prefill(Array(texts[sequence][..<prompt]), sequence: sequence) }
    for place in prompt..<prompt + 20 {
      let sequences = [2, 0, 1].filter { place < texts[$0].count }
      let logits = try Self.step(together, sequences.map { texts[$0][place] }, sequences: sequences)
      for (row, sequence) in sequences.enumerated() {
        // The same bits: rows are few.
        #expect(
          Array(logits[row * Self.vocabulary..<(row + 1) * Self.vocabulary]) == expected[sequence][place - prompt],
          "token \(place) of sequence \(sequence)")
      }
    }
    #expect(together.cache.lengths == texts.map(\.count))
  }

  /// The linear maps of many sequences go another way.
  @Test func manySequencesAgreeToRounding() throws {
    var synthetic = SyntheticModel()
    synthetic.contextLength = 1024
    let model = try synthetic.model()
    let text = Self.tokens(600)
    let count = StoredLinearPlan.fewRows + 2
    func decoder(_ sequences: Int) throws -> TransformerDecoder {
      try TransformerDecoder(model, cacheShape: model.cacheShape(sequences: sequences))
    }
    let (alone, many) = (try decoder(1), try decoder(count))
    try alone.prefill(text)
    let expected = try Self.step(alone, [7])
    for sequence in 0..<count { try many.prefill(text, sequence: sequence) }
    let logits = try Self.step(many, [Int](repeating: 7, count: count), sequences: Array(0..<count))
    #expect(Self.difference(logits, (0..<count).flatMap { _ in expected }) < Self.rounding)
  }

  @Test func resetGoesBack() throws {
    let (first, second) = (Self.tokens(40, seed: 1), Self.tokens(40, seed: 2))
    let decoder = try Self.decoder(sequences: 2)
    try decoder.prefill(first)
    try decoder.prefill(second, sequence: 1)
    let expected = try Self.step(decoder, [7])
    // Other tokens from position 25 on, and then those that were there.
    try decoder.reset(0, to: 25)
    #expect(decoder.cache.lengths == [25, 40])
    try decoder.prefill(Array(second[25...]))
    #expect(try Self.step(decoder, [7]) != expected)
    try decoder.reset(0, to: 25)
    try decoder.prefill(Array(first[25...]))
    #expect(try Self.difference(Self.step(decoder, [7]), expected) < Self.rounding)
    try decoder.reset()
    try decoder.prefill(first)
    #expect(try Self.step(decoder, [7]) == expected)
    #expect(decoder.cache.lengths == [41, 40])
  }

  @Test func whatDoesNotFitChangesNothing() throws {
    let decoder = try Self.decoder(sequences: 2, capacity: 64)
    try decoder.prefill(Self.tokens(60))
    expectInvalid("decoder", "tokens", "at least one") { try decoder.prefill([]) }
    expectInvalid("decoder", "tokens", "ids below 96") { try decoder.prefill([1, 96]) }
    expectInvalid("decoder", "tokens", "ids below 96") { _ = try decoder.step([-1]) }
    expectInvalid("decoder", "tokens", "2, one a sequence") { _ = try decoder.step([1], sequences: [0, 1]) }
    expectInvalid("KeyValueCache", "sequence 0", "room for 5 tokens") { try decoder.prefill([1, 2, 3, 4, 5]) }
    expectInvalid("KeyValueCache", "count", "0 to 64 tokens") { try decoder.prefill(Self.tokens(65), sequence: 1) }
    for sequence in [-1, 2] {
      expectInvalid("KeyValueCache", "sequences", "each of 0 ..< 2") { try decoder.prefill([1], sequence: sequence) }
      expectInvalid("KeyValueCache", "sequences", "each of 0 ..< 2") {
        _ = try decoder.step([1], sequences: [sequence])
      }
      expectInvalid("KeyValueCache", "sequence", "one of 2") { try decoder.reset(sequence) }
    }
    expectInvalid("KeyValueCache", "sequences", "each of 0 ..< 2") { _ = try decoder.step([1, 2], sequences: [1, 1]) }
    for position in [-1, 61] {
      expectInvalid("KeyValueCache", "position of sequence 0", "0 to 60") { try decoder.reset(0, to: position) }
    }
    #expect(decoder.cache.lengths == [60, 0])
    // A cache that is longer than the model's context, taken in chunks.
    let long = try Self.decoder(capacity: 512, chunkLength: 64)
    try long.prefill(Self.tokens(200))
    expectInvalid("decoder", "tokens", "positions below the model's 256") { try long.prefill(Self.tokens(100)) }
    #expect(long.cache.lengths == [200])
    let fresh = try Self.decoder(capacity: 64)
    try fresh.prefill(Self.tokens(60))
    #expect(try Self.step(decoder, [3]) == Self.step(fresh, [3]))
  }

  @Test func cachesOfOtherModels() throws {
    func refused(_ operand: String, _ change: (inout KeyValueCacheShape) -> Void) {
      var shape = Self.model.cacheShape(capacity: 64)
      change(&shape)
      expectInvalid("decoder", operand, "") { _ = try TransformerDecoder(Self.model, cacheShape: shape) }
    }
    refused("cache's layers") { $0.layers = 3 }
    refused("cache's key-value heads") { $0.keyValueHeads = 4 }
    refused("cache's head dimension") { $0.headDimension = 16 }
    refused("cache's value dimension") { $0.valueDimension = 4 }
    expectInvalid("decoder", "chunk length", "1 or more") { _ = try Self.decoder(chunkLength: 0) }
  }
}
