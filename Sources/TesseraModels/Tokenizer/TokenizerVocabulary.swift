/// What a tokenizer is made from: the plain values that a model file carries.
public struct TokenizerVocabulary: Sendable {
  /// Entries by token id, in the byte alphabet's spelling (`tokenizer.ggml.tokens`).
  public var tokens: [String]
  /// Pairs "left right", most eager first (`tokenizer.ggml.merges`).
  public var merges: [String]
  /// GGUF's number for each entry (`tokenizer.ggml.token_type`); nil: all are normal.
  public var kinds: [Int]?
  /// How text is cut into words (`tokenizer.ggml.pre`); one of `PreTokenizer`'s names.
  public var preTokenizer: String
  public var beginToken: Int?
  public var endToken: Int?
  /// Whether a prompt starts with the begin token (`tokenizer.ggml.add_bos_token`); nil: as the pre-tokenizer has it.
  public var addsBeginToken: Bool?

  public init(
    tokens: [String], merges: [String], kinds: [Int]? = nil, preTokenizer: String, beginToken: Int? = nil,
    endToken: Int? = nil, addsBeginToken: Bool? = nil
  ) {
    self.tokens = tokens
    self.merges = merges
    self.kinds = kinds
    self.preTokenizer = preTokenizer
    self.beginToken = beginToken
    self.endToken = endToken
    self.addsBeginToken = addsBeginToken
  }
}
