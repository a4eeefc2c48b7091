/// A token for filling a gap in a text. Raw values are GGUF's keys, behind `tokenizer.ggml.`.
public enum FillTokenRole: String, CaseIterable, Sendable {
  case prefix = "fim_pre_token_id"
  case suffix = "fim_suf_token_id"
  case middle = "fim_mid_token_id"
  case padding = "fim_pad_token_id"
  case repository = "fim_rep_token_id"
  case fileSeparator = "fim_sep_token_id"

  /// What such a token reads as where a file does not name it.
  fileprivate var spellings: [String] {
    switch self {
    case .prefix:
      [
        "<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<｜fim▁begin｜>", "<PRE>", "▁<PRE>", "<|code_prefix|>",
        "<|prefix|>",
      ]
    case .suffix:
      [
        "<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<｜fim▁hole｜>", "<SUF>", "▁<SUF>", "<|code_suffix|>",
        "<|suffix|>",
      ]
    case .middle:
      [
        "<|fim_middle|>", "<fim-middle>", "<fim_middle>", "<｜fim▁end｜>", "<MID>", "▁<MID>", "<|code_middle|>",
        "<|middle|>",
      ]
    case .padding: ["<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"]
    case .repository: ["<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>"]
    case .fileSeparator: ["<|file_sep|>"]
    }
  }

  /// Whether a model that comes to it has said what it had to say.
  fileprivate var endsGeneration: Bool { self == .padding || self == .repository || self == .fileSeparator }
}

/// What tokens are for by how they read, whatever the file has for their kind. The lists are llama.cpp's.
struct TokenRoles {
  /// What a model ends a text or its turn with.
  private(set) var ends: Set<Int> = []
  /// Kinds that are not the file's.
  private(set) var kinds: [Int: TokenKind] = [:]

  /// Of several tokens that read like one role, which has no more than one, the first has it.
  init(_ index: SpellingIndex, _ kinds: [TokenKind], _ vocabulary: TokenizerVocabulary) {
    func token(_ spelling: String) -> Int? { index.identifier(of: Array(spelling.utf8)[...]) }
    var isControl: [Int] = []
    for role in FillTokenRole.allCases {
      let named = vocabulary.fillTokens[role]
      guard let id = named ?? role.spellings.compactMap(token).min() else { continue }
      if named == nil { isControl.append(id) }
      if role.endsGeneration { ends.insert(id) }
    }
    let spelled = Self.endSpellings.compactMap(token)
    isControl += spelled
    ends.formUnion(spelled)
    ends.formUnion([vocabulary.endToken, vocabulary.turnEndToken, vocabulary.messageEndToken].compactMap(\.self))
    for id in isControl where kinds[id] != .control { self.kinds[id] = .control }
    for id in Self.channelSpellings.compactMap(token) { self.kinds[id] = .userDefined }
    func has(_ spelling: String) -> Bool { token(spelling) != nil }
    // A model that calls tools, and then returns or flushes, ends only parts of its turn with <|end|>.
    let calls = has("<|call|>") || has("<|calls|>")
    if let id = token("<|end|>"), calls, has("<|return|>") || has("<|flush|>") {
      ends.remove(id)
      self.kinds[id] = .userDefined
    }
    if let id = token("</s>"), has("<|tool_response>") {
      ends.remove(id)
      self.kinds[id] = .normal
    }
  }

  private static let endSpellings = [
    "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "<end_of_turn>",
    "<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<|end_of_text|>",
    "<end_of_utterance>", "<eos>", "<turn|>", "<|tool_response>", "<｜end▁of▁sentence｜>", "[e~[",
  ]
  private static let channelSpellings = ["<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"]
}
