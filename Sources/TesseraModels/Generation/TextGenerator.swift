import Tessera

/// Generates text after prompts, several side by side, token by token.
///
/// What comes for a prompt is a function of it, the options and its place among the prompts. Of the others it is only
/// in the rounding of logits, where there are many prompts (docs/decoder.md).
public final class TextGenerator {
  public let decoder: TransformerDecoder
  public let tokenizer: Tokenizer
  public let options: GenerationOptions
  /// Seconds and tokens of the last call.
  public private(set) var times = GenerationTimes()
  private let sampler: SamplingPlan
  private let ledger: Ledger?
  private let chosen: AlignedBuffer<Int32>

  /// The decoder's cache has a sequence for each prompt that will be given at a time. A `ledger`, which is the
  /// context's, records prompts and every sixteenth round of tokens, so that counting does not slow what is timed; what
  /// it had before is forgotten.
  /// Throws for options that cannot be.
  public init(
    _ decoder: TransformerDecoder, _ tokenizer: Tokenizer, options: GenerationOptions = GenerationOptions(),
    context: ExecutionContext? = nil
  ) throws(TesseraError) {
    (self.decoder, self.tokenizer, self.options) = (decoder, tokenizer, options)
    guard tokenizer.count <= decoder.model.configuration.vocabularySize else {
      throw Self.invalid(
        "tokenizer", expected: "at most the model's \(decoder.model.configuration.vocabularySize) tokens",
        actual: "\(tokenizer.count)")
    }
    guard (0...Self.longestPenalty).contains(options.penaltyLength) else {
      throw Self.invalid("penalty length", expected: "0 to \(Self.longestPenalty)", actual: "\(options.penaltyLength)")
    }
    ledger = context?.ledger
    sampler = try SamplingPlan(
      input: MatrixLayout(rows: 1, columns: decoder.model.configuration.vocabularySize), options: options.sampling,
      context: context)
    chosen = try AlignedBuffer(uninitializedCount: 1)
  }

  /// Goes on after prompts of at least one token each, until each has ended. `show` is told of text as it comes, with
  /// the prompt's place; what it throws ends the call. A sequence that fills the context or the cache ends there.
  /// Throws where there are more prompts than the cache has sequences, or a prompt leaves no room.
  ///
  /// - Parameters:
  ///   - kept: How many of the first prompt's tokens the cache has already, from a call before; fewer than all.
  ///   - reading: Told before each chunk of a prompt how many of its tokens have been read.
  ///   - isInterrupted: Asked before each chunk and each round of tokens; where it says so, sequences end as they are.
  public func generate(
    after prompts: [[Int]], keeping kept: Int = 0,
    showing show: (_ prompt: Int, _ text: String) throws -> Void = { _, _ in },
    reading: (_ prompt: Int, _ tokens: Int) -> Void = { _, _ in }, isInterrupted: () -> Bool = { false }
  ) throws -> [GeneratedText] {
    try check(prompts, keeping: kept)
    times = GenerationTimes()
    ledger?.reset()
    ledger?.resume()
    defer { ledger?.pause() }
    var sequences = prompts.enumerated().map { GeneratedSequence($0, prompt: $1, room: room, tokenizer, options) }
    let start = ContinuousClock.now
    for index in sequences.indices where sequences[index].end == nil {
      let kept = index == 0 ? kept : 0
      try decoder.reset(index, to: kept)
      do {
        let logits = try decoder.prefill(
          Array(prompts[index][kept...]), sequence: index,
          reading: { count in
            guard !isInterrupted() else { throw Interruption() }
            reading(index, kept + count)
          })
        times.promptTokens += prompts[index].count - kept
        try take(from: logits, row: 0, &sequences[index], show)
      } catch is Interruption { break }
      if index == 0 { times.firstTokenSeconds = seconds(since: start) }
    }
    times.promptSeconds = seconds(since: start)
    ledger?.pause()
    times.prompt = ledger?.entries ?? [:]
    ledger?.reset()
    try goOn(&sequences, show, isInterrupted)
    for index in sequences.indices where sequences[index].end == nil {
      let text = sequences[index].interrupt()
      if !text.isEmpty { try show(index, text) }
    }
    return sequences.map {
      GeneratedText(text: $0.text, tokens: Array($0.tokens[$0.promptCount...]), end: $0.end!)
    }
  }

  private struct Interruption: Error {}

  /// All tokens after the first, until all sequences have ended or the caller is interrupted.
  private func goOn(
    _ sequences: inout [GeneratedSequence], _ show: (Int, String) throws -> Void, _ isInterrupted: () -> Bool
  ) throws {
    let start = ContinuousClock.now
    var round = 0
    while !isInterrupted(), case let active = sequences.indices.filter({ sequences[$0].end == nil }), !active.isEmpty {
      // The first makes the plans of single tokens: it counts only where there is no other.
      let isRecorded = ledger != nil && (round == 0 || round % Self.recordedRound == 1)
      if isRecorded {
        if round == 1 {
          ledger!.reset()
          times.recordedTokens = 0
        }
        ledger!.resume()
        times.recordedTokens += active.count
      }
      let began = ContinuousClock.now
      if options.usesCache {
        let logits = try decoder.step(active.map { sequences[$0].tokens.last! }, sequences: active)
        for (row, index) in active.enumerated() { try take(from: logits, row: row, &sequences[index], show) }
      } else {
        for index in active {
          try decoder.reset(index)
          let logits = try decoder.prefill(sequences[index].tokens, sequence: index)
          try take(from: logits, row: 0, &sequences[index], show)
        }
      }
      if isRecorded { ledger!.pause() }
      times.tokenSeconds.append(seconds(since: began))
      times.generatedTokens += active.count
      round += 1
    }
    times.generationSeconds = seconds(since: start)
    times.generation = ledger?.entries ?? [:]
  }

  private static let recordedRound = 16
  /// A guard against a mistyped number: more than any model's context.
  private static let longestPenalty = 1 << 24

  /// Chooses a sequence's next token by a row of logits.
  private func take(
    from logits: UnsafeMutableBufferPointer<Float>, row: Int, _ sequence: inout GeneratedSequence,
    _ show: (Int, String) throws -> Void
  ) throws {
    let columns = decoder.model.configuration.vocabularySize
    let line = UnsafeMutableBufferPointer(rebasing: logits[row * columns..<(row + 1) * columns])
    // Ids that the tokenizer does not have, as padding of the embedding, are never chosen.
    line[tokenizer.count...].update(repeating: -.infinity)
    let recent = sequence.recent(options.penaltyLength)
    let output = chosen.elements
    try recent.withUnsafeBufferPointer { recent in
      try sampler.run(
        line.span, recent: recent.span, sequence: UInt32(sequence.index), step: UInt32(sequence.generatedCount),
        output: output.mutableSpan)
    }
    let text = try sequence.append(Int(output[0]))
    if !text.isEmpty { try show(sequence.index, text) }
  }

  private func check(_ prompts: [[Int]], keeping kept: Int) throws(TesseraError) {
    let shape = decoder.cache.shape
    guard kept == 0 || (1..<max(1, prompts.first?.count ?? 0)).contains(kept) else {
      throw Self.invalid("kept tokens", expected: "fewer than the first prompt has", actual: "\(kept)")
    }
    guard prompts.count <= shape.sequences else {
      throw Self.invalid("prompts", expected: "at most \(shape.sequences)", actual: "\(prompts.count)")
    }
    for (index, prompt) in prompts.enumerated() {
      guard !prompt.isEmpty else {
        throw Self.invalid("prompt \(index)", expected: "at least one token", actual: "none")
      }
      let most = options.maximumTokens > 0 ? room - 1 : room
      guard prompt.count <= most else {
        throw Self.invalid(
          "prompt \(index)", expected: "at most \(most) tokens, so that there is room for more",
          actual: "\(prompt.count)")
      }
    }
  }

  /// Positions that a sequence has.
  private var room: Int { decoder.model.configuration.positions(of: decoder.cache.shape) }

  private static func invalid(_ operand: String, expected: String, actual: String) -> TesseraError {
    .invalidOperand(operation: "generation", operand: operand, expected: expected, actual: actual)
  }
}

private func seconds(since start: ContinuousClock.Instant) -> Double {
  let (seconds, attoseconds) = (ContinuousClock.now - start).components
  return Double(seconds) + Double(attoseconds) * 1e-18
}
