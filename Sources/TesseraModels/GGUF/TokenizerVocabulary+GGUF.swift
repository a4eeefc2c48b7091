extension TokenizerVocabulary {
  /// The vocabulary of a GGUF file: the keys `tokenizer.ggml.*`. Scores, types, begin, end and the pre-tokenizer may be
  /// missing; the last is `default` then. Throws for a model that is not known, and where a key asks for what is not
  /// done here.
  public init(_ metadata: GGUFMetadata) throws(ModelFileError) {
    func key(_ name: String) -> String { "tokenizer.ggml." + name }
    func integer(_ name: String) throws(ModelFileError) -> Int? {
      metadata.contains(key(name)) ? try metadata.unsigned(forKey: key(name)) : nil
    }
    func bool(_ name: String) throws(ModelFileError) -> Bool? {
      metadata.contains(key(name)) ? try metadata.bool(forKey: key(name)) : nil
    }
    let name = try metadata.string(forKey: key("model"))
    guard let known = Model(rawValue: name) else {
      throw metadata.failure(
        key("model"), expected: "gpt2 (byte-level byte pairs) or llama (sentence pieces)",
        actual: TokenizerError.quoted(name))
    }
    model = known
    try Self.refuseWhatIsNotDone(metadata)
    tokens = try metadata.spellings(forKey: key("tokens"))
    switch model {
    case .bytePairs:
      merges = try metadata.spellings(forKey: key("merges"))
      if metadata.contains(key("pre")) { preTokenizer = try metadata.string(forKey: key("pre")) }
    case .sentencePieces:
      if metadata.contains(key("scores")) { scores = try metadata.numbers(forKey: key("scores")) }
    }
    kinds = metadata.contains(key("token_type")) ? Array(try metadata.integers(forKey: key("token_type"))) : nil
    beginToken = try integer("bos_token_id")
    endToken = try integer("eos_token_id")
    turnEndToken = try integer("eot_token_id")
    messageEndToken = try integer("eom_token_id")
    // Older files have other keys for three of them, which llama.cpp prefers.
    for (role, key) in [(FillTokenRole.prefix, "prefix"), (.suffix, "suffix"), (.middle, "middle")] {
      fillTokens[role] = try integer("\(key)_token_id")
    }
    for role in FillTokenRole.allCases where fillTokens[role] == nil { fillTokens[role] = try integer(role.rawValue) }
    addsBeginToken = try bool("add_bos_token")
    addsSpacePrefix = try bool("add_space_prefix")
    if metadata.type(forKey: "general.name") == .string {
      let name = try metadata.string(forKey: "general.name").lowercased()
      trimsAfterSpecialTokens = name.contains("phi-3") || name.contains("phi3")
    }
  }

  /// Keys that would give other ids or other text than what is made without them.
  private static func refuseWhatIsNotDone(_ metadata: GGUFMetadata) throws(ModelFileError) {
    let flags = ["add_eos_token", "remove_extra_whitespaces", "normalizer.lowercase", "normalizer.strip_accents"]
    for key in flags.map({ "tokenizer.ggml." + $0 }) where metadata.contains(key) {
      guard try !metadata.bool(forKey: key) else {
        throw metadata.failure(key, expected: "false, as it is not done here", actual: "true")
      }
    }
    for key in ["precompiled_charsmap", "suppress_tokens"].map({ "tokenizer.ggml." + $0 })
    where metadata.contains(key) {
      let count = try metadata.array(forKey: key, of: "numbers", \.isInteger).count
      guard count == 0 else {
        throw metadata.failure(key, expected: "none, as it is not done here", actual: "\(count) numbers")
      }
    }
  }
}

extension GGUFMetadata {
  /// An array of numbers, floating-point or not, as floats.
  fileprivate func numbers(forKey key: String) throws(ModelFileError) -> [Float] {
    let isInteger = try array(forKey: key, of: "numbers") { $0.isFloat || $0.isInteger }.type.isInteger
    return isInteger ? try integers(forKey: key).map { Float($0) } : try floats(forKey: key).map { Float($0) }
  }
}
