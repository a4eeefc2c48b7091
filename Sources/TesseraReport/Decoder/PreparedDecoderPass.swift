import Tessera
import TesseraModels

/// A pass of a decoder on a cache that holds what comes before it: running it again does the same again.
final class PreparedDecoderPass {
  private let model: DecoderModel
  private let pass: DecoderPass
  private let cache: KeyValueCache
  private let step: KeyValueCacheStep
  private let tokens: [Int]
  private let ledger = Ledger(timesCalls: true, keepsCalls: true)

  /// Throws where memory is short.
  init(_ problem: DecoderProblem, context: ExecutionContext) throws {
    model = problem.model
    let end = problem.cachedCount + problem.tokenCount
    var context = context
    context.ledger = nil
    let shape = model.cacheShape(capacity: end, type: DecoderProblem.cacheType)
    let decoder = try TransformerDecoder(model, cacheShape: shape, context: context)
    if problem.cachedCount > 0 { try decoder.prefill(problem.tokens(0..<problem.cachedCount)) }
    cache = decoder.cache
    context.ledger = ledger
    ledger.pause()
    pass = try DecoderPass(model, cache: cache.shape, sequences: 1, count: problem.tokenCount, context: context)
    // It is never advanced, so that it stays the next one.
    step = try cache.step([0], adding: problem.tokenCount)
    tokens = problem.tokens(problem.cachedCount..<end)
  }

  func run() throws(TesseraError) {
    try pass.embed(tokens)
    for layer in 0..<model.configuration.layers {
      try pass.attention(layer: layer, cache: cache, step: step)
      try pass.feedForward(layer: layer)
    }
    _ = try pass.logits()
  }

  /// Nanoseconds, with nothing recorded.
  func timedRun() throws(TesseraError) -> Double {
    let start = monotonicNanoseconds()
    try run()
    return Double(monotonicNanoseconds() - start)
  }

  /// What the ledger has of each call.
  func countedRun() throws(TesseraError) -> [Ledger.Call] {
    ledger.reset()
    ledger.resume()
    defer { ledger.pause() }
    try run()
    return ledger.calls
  }
}
