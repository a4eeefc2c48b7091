import Tessera

/// How a text is cut into words, which merges do not cross. Names are GGUF's (`tokenizer.ggml.pre`).
///
/// Where there are several patterns, each cuts what the one before it has left, its words and what lies between.
public enum PreTokenizer: String, CaseIterable, Sendable {
  /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
  case gpt2 = "gpt-2"
  /// `[\p{P}$+<=>^~|]+`, the pattern of `gpt2`, `\p{N}+`, `[0-9]{3}`. What a file means that does not say.
  case unnamed = "default"
  /// Every `\p{N}` by itself, then the pattern of `gpt2`.
  case smollm
  /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
  case llama = "llama-bpe"
  /// The pattern of `llama`; a prompt has no begin token, and words are merged.
  case smaug = "smaug-bpe"
  /// The pattern of `llama`, but every `\p{N}` by itself.
  case qwen2
  /// The pattern of `qwen2`, in which `\p{M}` is as `\p{L}`.
  case qwen35
  /// `[^\r\n\p{L}\p{N}]?(C*S+|C+S*)|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`; C are capitals and S
  /// small letters, and those beyond ASCII are both.
  case tekken
  /// The pattern of `tekken`, with an English ending behind letters, in either case, and `\p{N}{1,3}`.
  case gpt4o = "gpt-4o"
  /// `[\r\n]`, `\s?\p{L}+`, `\s?\p{P}+`, `[一-龥ࠀ-一가-퟿]+`, `\p{N}`
  case deepSeekCoder = "deepseek-coder"
  /// `[\r\n]`, `\s?` and letters of scripts that have capitals, `\s?[!-/:-~！-／：-～‘-‟　-。]+`, `\s+$`,
  /// `[一-龥ࠀ-一가-퟿]+`, `\p{N}+`
  case deepSeekLLM = "deepseek-llm"
  /// `\p{N}{1,3}`, `[一-龥぀-ヿ]+`, then
  /// `[!-/:-@\[-\x60{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
  case deepSeekV3 = "deepseek-v3"

  init(named name: String) throws(TesseraError) {
    guard let known = Self(rawValue: name) ?? Self.aliases[name] else {
      throw TesseraError.unavailable(what: "pre-tokenizer", name: name, available: Self.names)
    }
    self = known
  }

  /// Where a file does not say.
  var addsBeginToken: Bool { takesWholeWords }
  /// Whether a word that is an entry of the vocabulary is taken as that, whatever the merges would make of it.
  var takesWholeWords: Bool { self == .llama || self == .tekken }

  /// Calls `body` with the characters of each word, in order.
  func forEachWord<Failure: Error>(
    of text: ScannedText, _ body: (Range<Int>) throws(Failure) -> Void
  ) throws(Failure) {
    let whole = 0..<text.count
    switch self {
    case .gpt2: try GPT2Pattern(text, whole).forEachWord(body)
    case .unnamed:
      try RunPattern(text, whole, .punctuationAndSymbols).forEachWord { part throws(Failure) in
        try GPT2Pattern(text, part).forEachWord { part throws(Failure) in
          try RunPattern(text, part, .kind(.number)).forEachWord { part throws(Failure) in
            try RunPattern(text, part, .digits, length: 3...3).forEachWord(body)
          }
        }
      }
    case .smollm:
      try RunPattern(text, whole, .kind(.number), length: 1...1).forEachWord { part throws(Failure) in
        // A single character is a word of any pattern.
        if part.count == 1 { try body(part) } else { try GPT2Pattern(text, part).forEachWord(body) }
      }
    case .llama, .smaug: try LlamaPattern(text, whole, longestNumber: 3).forEachWord(body)
    case .qwen2: try LlamaPattern(text, whole, longestNumber: 1).forEachWord(body)
    case .qwen35: try LlamaPattern(text, whole, longestNumber: 1, joinsMarks: true).forEachWord(body)
    case .tekken: try CasedPattern(text, whole, longestNumber: 1, takesEndings: false).forEachWord(body)
    case .gpt4o: try CasedPattern(text, whole, longestNumber: 3, takesEndings: true).forEachWord(body)
    case .deepSeekCoder, .deepSeekLLM, .deepSeekV3: try forEachDeepSeekWord(of: text, body)
    }
  }
}
