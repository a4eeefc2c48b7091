import Tessera
import TesseraModels
import Testing

/// What a pass of blocks, and the cache under it, refuse.
@Suite struct DecoderPassTests {
  private static let model = TransformerDecoderTests.model
  private static let shape = model.cacheShape(sequences: 2, capacity: 64)

  @Test func layersThatAreNotThere() throws {
    let pass = try DecoderPass(Self.model, cache: Self.shape, sequences: 1, count: 2)
    let cache = try KeyValueCache(Self.shape)
    let step = try cache.step([0], adding: 2)
    try pass.embed([1, 2])
    for layer in [-1, 2, Int.max] {
      expectInvalid("decoder", "layer", "0 ..< 2") { try pass.attention(layer: layer, cache: cache, step: step) }
      expectInvalid("decoder", "layer", "0 ..< 2") { try pass.feedForward(layer: layer) }
    }
  }

  @Test func stepsOfAnotherSizeOrCache() throws {
    let pass = try DecoderPass(Self.model, cache: Self.shape, sequences: 1, count: 2)
    let cache = try KeyValueCache(Self.shape)
    for (sequences, count) in [([0], 1), ([0], 3), ([0, 1], 1), ([], 2)] {
      try pass.embed([1, 2])
      let step = try cache.step(sequences, adding: count)
      expectInvalid("cache-append", "step", "1 sequences, 2 tokens") {
        try pass.attention(layer: 0, cache: cache, step: step)
      }
    }
    var larger = Self.shape
    larger.capacity = 128
    let other = try KeyValueCache(larger)
    try pass.embed([1, 2])
    expectInvalid("cache-append", "cache", "") {
      try pass.attention(layer: 0, cache: other, step: other.step([0], adding: 2))
    }
    #expect(cache.lengths == [0, 0])
  }

  @Test func sizesAndTokensThatDoNotFit() throws {
    for (sequences, count) in [(-1, 1), (1, -1), (-1, -1), (1 << 12, 1 << 13), (.max, 2), (2, .max)] {
      expectInvalid("decoder", "sequences and tokens", "0 to 16777216") {
        _ = try DecoderPass(Self.model, cache: Self.shape, sequences: sequences, count: count)
      }
    }
    let pass = try DecoderPass(Self.model, cache: Self.shape, sequences: 1, count: 2)
    for tokens in [[], [1], [1, 2, 3]] { expectInvalid("decoder", "tokens", "2") { try pass.embed(tokens) } }
    for token in [-1, 96, Int.max] {
      expectInvalid("embedding-rows", "ids", "numbers of rows") { try pass.embed([1, token]) }
    }
  }

  @Test func passesOfNothing() throws {
    for (sequences, count) in [(0, 1), (1, 0), (0, 0)] {
      let pass = try DecoderPass(Self.model, cache: Self.shape, sequences: sequences, count: count)
      let cache = try KeyValueCache(Self.shape)
      let step = try cache.step(Array(0..<sequences), adding: count)
      try pass.embed([])
      for layer in 0..<2 {
        try pass.attention(layer: layer, cache: cache, step: step)
        try pass.feedForward(layer: layer)
      }
      #expect(try pass.logits().isEmpty && pass.logits(ofEveryToken: true).isEmpty)
    }
  }
}
