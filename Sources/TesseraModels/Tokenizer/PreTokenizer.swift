import Tessera

/// How a text is cut into words, which merges do not cross. Names are GGUF's (`tokenizer.ggml.pre`).
public enum PreTokenizer: String, CaseIterable, Sendable {
  /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
  case gpt2 = "gpt-2"
  /// Every `\p{N}` by itself, then the pattern of `gpt2` on what lies between.
  case smollm
  /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
  case llama = "llama-bpe"
  /// The pattern of `llama`, but every `\p{N}` by itself.
  case qwen2

  init(named name: String) throws(TesseraError) {
    guard let known = Self(rawValue: name) else {
      throw TesseraError.unavailable(what: "pre-tokenizer", name: name, available: Self.allCases.map(\.rawValue))
    }
    self = known
  }

  /// Where a file does not say.
  var addsBeginToken: Bool { self == .llama }
  /// Whether a word that is an entry of the vocabulary is taken as that, whatever the merges would make of it.
  var takesWholeWords: Bool { self == .llama }

  /// Calls `body` with the characters of each word, in order.
  func forEachWord<Failure: Error>(
    of text: ScannedText, _ body: (Range<Int>) throws(Failure) -> Void
  ) throws(Failure) {
    switch self {
    case .gpt2: try GPT2Pattern(text, 0..<text.count).forEachWord(body)
    case .smollm: try forEachWordBetweenNumbers(of: text, body)
    case .llama: try LlamaPattern(text, 0..<text.count, longestNumber: 3).forEachWord(body)
    case .qwen2: try LlamaPattern(text, 0..<text.count, longestNumber: 1).forEachWord(body)
    }
  }

  private func forEachWordBetweenNumbers<Failure: Error>(
    of text: ScannedText, _ body: (Range<Int>) throws(Failure) -> Void
  ) throws(Failure) {
    var start = 0
    for place in 0..<text.count where text.classes[place] == .number {
      try GPT2Pattern(text, start..<place).forEachWord(body)
      try body(place..<(place + 1))
      start = place + 1
    }
    try GPT2Pattern(text, start..<text.count).forEachWord(body)
  }
}
