/// What a tokenizer is made from: the plain values that a model file carries.
public struct TokenizerVocabulary: Sendable {
  /// Entries by token id, in the byte alphabet's spelling (`tokenizer.ggml.tokens`).
  public var tokens: SpellingList
  /// Pairs "left right", most eager first (`tokenizer.ggml.merges`).
  public var merges: SpellingList
  /// GGUF's number for each entry (`tokenizer.ggml.token_type`); nil: all are normal.
  public var kinds: [Int]?
  /// How text is cut into words (`tokenizer.ggml.pre`); one of `PreTokenizer`'s names.
  public var preTokenizer: String
  public var beginToken: Int?
  /// Ends a text (`tokenizer.ggml.eos_token_id`).
  public var endToken: Int?
  /// Ends a turn of a chat (`tokenizer.ggml.eot_token_id`).
  public var turnEndToken: Int?
  /// Whether a prompt starts with the begin token (`tokenizer.ggml.add_bos_token`); nil: as the pre-tokenizer has it.
  public var addsBeginToken: Bool?

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
}
