/// What a tokenizer is made from: the plain values that a model file carries.
public struct TokenizerVocabulary: Sendable {
  /// How text becomes tokens, by GGUF's names (`tokenizer.ggml.model`).
  public enum Model: String, CaseIterable, Sendable {
    /// Byte-level byte-pair encoding: words by a pre-tokenizer, merges by a list.
    case bytePairs = "gpt2"
    /// SentencePiece's byte-pair encoding: no words, merges by scores.
    case sentencePieces = "llama"
  }

  public var model = Model.bytePairs
  /// Entries by token id (`tokenizer.ggml.tokens`): in the byte alphabet's spelling, or with U+2581 for blanks.
  public var tokens: SpellingList
  /// Of byte pairs: pairs "left right", most eager first (`tokenizer.ggml.merges`).
  public var merges: SpellingList = []
  /// Of sentence pieces: a number for each entry, the highest merged first (`tokenizer.ggml.scores`); nil: all are 0.
  public var scores: [Float]?
  /// GGUF's number for each entry (`tokenizer.ggml.token_type`); nil: all are normal.
  public var kinds: [Int]?
  /// Of byte pairs: how text is cut into words (`tokenizer.ggml.pre`); one of `PreTokenizer`'s names or of llama.cpp's
  /// others for the same.
  public var preTokenizer = PreTokenizer.unnamed.rawValue
  public var beginToken: Int?
  /// Ends a text (`tokenizer.ggml.eos_token_id`).
  public var endToken: Int?
  /// Ends a turn of a chat (`tokenizer.ggml.eot_token_id`).
  public var turnEndToken: Int?
  /// Ends a message, after which a tool answers (`tokenizer.ggml.eom_token_id`).
  public var messageEndToken: Int?
  /// Tokens for filling a gap in a text, where a file names them.
  public var fillTokens: [FillTokenRole: Int] = [:]
  /// Whether a prompt starts with the begin token (`tokenizer.ggml.add_bos_token`); nil: as the pre-tokenizer has it,
  /// and of sentence pieces it does.
  public var addsBeginToken: Bool?
  /// Of sentence pieces: whether a blank is put before a text and after special tokens
  /// (`tokenizer.ggml.add_space_prefix`); nil: it is.
  public var addsSpacePrefix: Bool?
  /// Whether white space after special tokens is left out, as Phi-3 has it; `<unk>`, `<s>` and `<|endoftext|>` keep it.
  public var trimsAfterSpecialTokens = false

  public init(
    tokens: some Sequence<String>, merges: some Sequence<String>, kinds: [Int]? = nil, preTokenizer: String,
    beginToken: Int? = nil, endToken: Int? = nil, turnEndToken: Int? = nil, addsBeginToken: Bool? = nil
  ) {
    self.tokens = SpellingList(tokens)
    self.merges = SpellingList(merges)
    self.kinds = kinds
    self.preTokenizer = preTokenizer
    self.beginToken = beginToken
    self.endToken = endToken
    self.turnEndToken = turnEndToken
    self.addsBeginToken = addsBeginToken
  }

  /// A vocabulary of sentence pieces.
  public init(
    pieces: some Sequence<String>, scores: [Float]?, kinds: [Int]? = nil, beginToken: Int? = nil, endToken: Int? = nil
  ) {
    model = .sentencePieces
    tokens = SpellingList(pieces)
    self.scores = scores
    self.kinds = kinds
    self.beginToken = beginToken
    self.endToken = endToken
  }
}
