extension TokenizerVocabulary {
  /// The vocabulary of a GGUF file: the keys `tokenizer.ggml.*`. Types, begin, end and the pre-tokenizer may be missing;
  /// the last is `gpt-2` then. Throws for a model other than byte-level byte-pair encoding.
  public init(_ metadata: GGUFMetadata) throws(ModelFileError) {
    func key(_ name: String) -> String { "tokenizer.ggml." + name }
    func integer(_ name: String) throws(ModelFileError) -> Int? {
      metadata.contains(key(name)) ? try metadata.unsigned(forKey: key(name)) : nil
    }
    let model = try metadata.string(forKey: key("model"))
    guard model == "gpt2" else {
      throw ModelFileError(
        file: metadata.file.path, offset: nil, subject: "metadata \"\(key("model"))\"",
        expected: "gpt2, which is byte-level byte-pair encoding", actual: TokenizerError.quoted(model))
    }
    tokens = try metadata.spellings(forKey: key("tokens"))
    merges = try metadata.spellings(forKey: key("merges"))
    kinds = metadata.contains(key("token_type")) ? Array(try metadata.integers(forKey: key("token_type"))) : nil
    preTokenizer = metadata.contains(key("pre")) ? try metadata.string(forKey: key("pre")) : PreTokenizer.gpt2.rawValue
    beginToken = try integer("bos_token_id")
    endToken = try integer("eos_token_id")
    turnEndToken = try integer("eot_token_id")
    addsBeginToken = metadata.contains(key("add_bos_token")) ? try metadata.bool(forKey: key("add_bos_token")) : nil
  }
}

extension ChatTemplate {
  /// The template of a GGUF file (`tokenizer.chat_template`); nil where it has none. Throws as the initialiser from text
  /// does.
  public init?(_ metadata: GGUFMetadata) throws(ModelFileError) {
    let key = "tokenizer.chat_template"
    guard metadata.contains(key) else { return nil }
    let text = try metadata.string(forKey: key)
    do {
      try self.init(reading: text)
    } catch {
      throw ModelFileError(
        file: metadata.file.path, offset: nil, subject: "metadata \"\(key)\"", expected: error.expected,
        actual: error.found)
    }
  }
}
