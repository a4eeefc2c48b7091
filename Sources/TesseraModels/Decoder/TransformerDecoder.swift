import Tessera

/// A decoder with its cache: reads prompts, then goes on token by token.
///
/// `prefill` and `step` return logits, from which the caller chooses the next token. Sequences lie side by side in the
/// cache and may have different lengths. One call runs at a time. Results are the same bits for every number of
/// threads.
public final class TransformerDecoder {
  public let model: DecoderModel
  public let cache: KeyValueCache
  private let context: ExecutionContext
  /// The most tokens of a prompt that are taken at a time.
  private let chunkLength: Int
  /// Passes by sequences and tokens; those that a decoder does again and again.
  private var passes: [Size: DecoderPass] = [:]
  /// For the positions that sequences have come to; passes are planned for it.
  private var rotaryTable: RotaryTable
  /// The pass that ran last, whose memory the logits are in that callers read until the next call.
  private var latest: DecoderPass?

  private struct Size: Hashable {
    var sequences: Int
    var count: Int
  }

  /// `cacheShape`: of the model's sizes; one sequence of the model's context length, as floats, unless given. A prompt
  /// is taken in chunks of `chunkLength`: longer ones load the processor better and take more memory, about
  /// 4 · chunkLength · (5 · width + 2 · feed-forward width) bytes.
  /// Throws where the cache is not of the model's shape, or there is too little memory.
  public init(
    _ model: DecoderModel, cacheShape: KeyValueCacheShape? = nil, chunkLength: Int = 512,
    context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let shape = cacheShape ?? model.cacheShape()
    let sizes = model.configuration
    for (operand, expected, actual) in [
      ("layers", sizes.layers, shape.layers), ("key-value heads", sizes.keyValueHeads, shape.keyValueHeads),
      ("head dimension", sizes.headDimension, shape.headDimension),
      ("value dimension", sizes.valueDimension, shape.valueDimension),
    ] where expected != actual {
      throw Self.invalid("cache's \(operand)", expected: "the model's \(expected)", actual: "\(actual)")
    }
    guard chunkLength > 0 else {
      throw Self.invalid("chunk length", expected: "1 or more", actual: "\(chunkLength)")
    }
    self.model = model
    cache = try KeyValueCache(shape)
    guard shape.longestStep > 0 else {
      throw Self.invalid("cache's longest step", expected: "1 or more", actual: "\(shape.longestStep)")
    }
    self.chunkLength = min(chunkLength, shape.longestStep)
    rotaryTable = try model.rotaryTable(positions: 0)
    self.context = try ExecutionContext.resolve(context)
  }

  /// Adds tokens to a sequence, and returns the logits of the last: one row, valid until the next call, as long as the
  /// decoder is kept.
  ///
  /// With `visiting` every chunk's logits are made, of all its tokens, and shown with the place in `tokens` of the
  /// first. `reading` is told before each chunk how many tokens have been read; what it throws ends the call there.
  /// Throws before anything changes where there are no tokens, one is not in the vocabulary, or they do not fit.
  @discardableResult
  public func prefill(
    _ tokens: [Int], sequence: Int = 0,
    visiting visit: ((_ first: Int, _ logits: UnsafeBufferPointer<Float>) throws -> Void)? = nil,
    reading: (_ count: Int) throws -> Void = { _ in }
  ) throws -> UnsafeMutableBufferPointer<Float> {
    guard !tokens.isEmpty else { throw Self.invalid("tokens", expected: "at least one", actual: "none") }
    try check(tokens)
    // Only a chunk must fit at a time in a cache that rolls.
    let step = try cache.step([sequence], adding: cache.shape.window == nil ? tokens.count : 0)
    try reachPositions(step, adding: tokens.count)
    var logits = UnsafeMutableBufferPointer<Float>(start: nil, count: 0)
    for first in stride(from: 0, to: tokens.count, by: chunkLength) {
      try reading(first)
      let end = min(tokens.count, first + chunkLength)
      let pass = try pass(sequences: 1, count: end - first)
      try run(pass, tokens[first..<end], [sequence])
      if let visit {
        logits = try pass.logits(ofEveryToken: true)
        try visit(first, UnsafeBufferPointer(logits))
        logits = UnsafeMutableBufferPointer(rebasing: logits.suffix(model.configuration.vocabularySize))
      } else if end == tokens.count {
        logits = try pass.logits()
      }
    }
    return logits
  }

  /// Adds one token to each of these sequences, and returns a row of logits for each, valid as those of `prefill` are.
  public func step(_ tokens: [Int], sequences: [Int] = [0]) throws(TesseraError) -> UnsafeMutableBufferPointer<Float> {
    guard tokens.count == sequences.count else {
      throw Self.invalid("tokens", expected: "\(sequences.count), one a sequence", actual: "\(tokens.count)")
    }
    try check(tokens)
    try reachPositions(try cache.step(sequences, adding: 1), adding: 1)
    let pass = try pass(sequences: sequences.count, count: 1)
    try run(pass, tokens[...], sequences)
    return try pass.logits()
  }

  /// Forgets what a sequence has from this position on. See `KeyValueCache.reset`.
  public func reset(_ sequence: Int = 0, to position: Int = 0) throws(TesseraError) {
    try cache.reset(sequence, to: position)
  }

  /// All layers; the tokens are the sequences' afterwards.
  private func run(_ pass: DecoderPass, _ tokens: ArraySlice<Int>, _ sequences: [Int]) throws(TesseraError) {
    let step = try cache.step(sequences, adding: pass.count)
    try pass.embed(tokens)
    for layer in 0..<model.configuration.layers {
      try pass.attention(layer: layer, cache: cache, step: step)
      try pass.feedForward(layer: layer)
    }
    cache.advance(step)
  }

  /// Sees to it that positions of so many tokens from the step's starts on are in the rotary table, which grows as
  /// sequences do: a model's context may be long, and few sequences are. Throws for positions past the context.
  private func reachPositions(_ step: KeyValueCacheStep, adding count: Int) throws(TesseraError) {
    let context = model.configuration.contextLength
    guard let start = step.starts.max() else { return }
    guard count <= context - start else {
      throw Self.invalid(
        "tokens", expected: "positions below the model's \(context)", actual: "\(count) from \(start) on")
    }
    guard start + count > rotaryTable.positions else { return }
    // Twice as many each time, so that all growing together costs about what the last table does.
    let wanted = max(start + count, 2 * rotaryTable.positions, Self.leastPositions)
    let grown = try model.rotaryTable(positions: min(wanted, model.configuration.positions(of: cache.shape)))
    (rotaryTable, passes, latest) = (grown, [:], nil)
  }

  private static let leastPositions = 1024

  private func check(_ tokens: [Int]) throws(TesseraError) {
    for token in tokens where !(0..<model.configuration.vocabularySize).contains(token) {
      throw Self.invalid("tokens", expected: "ids below \(model.configuration.vocabularySize)", actual: "\(token)")
    }
  }

  /// The pass of this size, kept where it is likely to come again: single tokens and whole chunks.
  private func pass(sequences: Int, count: Int) throws(TesseraError) -> DecoderPass {
    let size = Size(sequences: sequences, count: count)
    // Before another is made, so that the two do not take memory at once.
    latest = passes[size]
    if let latest { return latest }
    let pass = try DecoderPass(
      model, cache: cache.shape, sequences: sequences, count: count, rotaryTable: rotaryTable,
      context: context)
    if count == 1 || count == chunkLength { passes[size] = pass }
    latest = pass
    return pass
  }

  private static func invalid(_ operand: String, expected: String, actual: String) -> TesseraError {
    .invalidOperand(operation: "decoder", operand: operand, expected: expected, actual: actual)
  }
}
