import Tessera

/// The entries of a vocabulary: their bytes, kinds and ids.
struct TokenTable: Sendable {
  let kinds: [TokenKind]
  /// What a model ends a text or its turn with.
  let ends: Set<Int>
  /// The file's kinds of those that have another.
  private let fileKinds: [Int: TokenKind]
  /// The tokens of the single bytes; nil: none.
  let byteTokens: [Int32?]
  private let text: [UInt8]
  /// Where each entry's bytes start in `text`, and where the last ones end.
  private let starts: [Int]
  private let spellings: SpellingIndex

  init(_ vocabulary: TokenizerVocabulary) throws(TesseraError) {
    let tokens = vocabulary.tokens
    guard !tokens.isEmpty, tokens.count <= Int(Int32.max) else {
      throw TokenizerError.invalid("tokens", expected: "from 1 to \(Int32.max) entries", actual: "\(tokens.count)")
    }
    var kinds = try Self.kinds(vocabulary)
    spellings = SpellingIndex(tokens)
    if let (id, other) = spellings.repeated {
      throw TokenizerError.invalid(
        "tokens[\(id)]", expected: "each entry once",
        actual: "\(TokenizerError.quoted(tokens[id])), as tokens[\(other)]")
    }
    let roles = TokenRoles(spellings, kinds, vocabulary)
    ends = roles.ends
    fileKinds = Dictionary(uniqueKeysWithValues: roles.kinds.keys.map { ($0, kinds[$0]) })
    for (id, kind) in roles.kinds { kinds[id] = kind }
    self.kinds = kinds
    var text: [UInt8] = []
    var starts = [0]
    text.reserveCapacity(tokens.bytes.count)
    starts.reserveCapacity(tokens.count + 1)
    for id in tokens.indices {
      try Self.append(tokens, kinds[id], vocabulary.model, id, to: &text)
      starts.append(text.count)
    }
    (self.text, self.starts) = (text, starts)
    byteTokens =
      vocabulary.model == .bytePairs ? Self.byteTokens(kinds, text, starts) : Self.byteTokens(spellings)
  }

  var count: Int { kinds.count }

  func check(_ id: Int, _ operand: String) throws(TesseraError) {
    guard kinds.indices.contains(id) else {
      throw TokenizerError.invalid(operand, expected: "an id from 0 to \(count - 1)", actual: "\(id)")
    }
  }

  func bytes(of id: Int) -> ArraySlice<UInt8> { text[starts[id]..<starts[id + 1]] }

  func spelling(of id: Int) -> ArraySlice<UInt8> { spellings.spellings.bytes(of: id) }

  func identifier(of spelling: ArraySlice<UInt8>) -> Int? { spellings.identifier(of: spelling) }

  func identifier(of spelling: UnsafeRawBufferPointer) -> Int? { spellings.identifier(of: spelling) }

  /// Whether merges may have it: the file's kind says that it stands for text.
  func isText(_ id: Int) -> Bool { !(fileKinds[id] ?? kinds[id]).isControl }

  /// The token that stands for exactly these bytes of a text.
  func token(of bytes: ArraySlice<UInt8>) -> Int? {
    guard let id = identifier(of: ByteAlphabet.spelling(of: bytes)[...]), isText(id),
      self.bytes(of: id) == bytes
    else { return nil }
    return id
  }

  private static func kinds(_ vocabulary: TokenizerVocabulary) throws(TesseraError) -> [TokenKind] {
    let count = vocabulary.tokens.count
    guard let numbers = vocabulary.kinds else { return [TokenKind](repeating: .normal, count: count) }
    guard numbers.count == count else {
      throw TokenizerError.invalid("token types", expected: "\(count), one for each token", actual: "\(numbers.count)")
    }
    return try numbers.enumerated().map { (id, number) throws(TesseraError) in
      guard let kind = TokenKind(rawValue: number) else {
        throw TokenizerError.invalid("token types[\(id)]", expected: "a number from 1 to 6", actual: "\(number)")
      }
      return kind
    }
  }

  /// Appends the bytes that a token stands for.
  private static func append(
    _ tokens: SpellingList, _ kind: TokenKind, _ model: TokenizerVocabulary.Model, _ id: Int, to text: inout [UInt8]
  ) throws(TesseraError) {
    func failure(expected: String) -> TesseraError {
      TokenizerError.invalid("tokens[\(id)]", expected: expected, actual: TokenizerError.quoted(tokens[id]))
    }
    switch kind {
    case .control, .unknown, .userDefined, .unused: text += tokens.bytes(of: id)
    case .byte:
      let token = tokens[id]
      guard token.hasPrefix("<0x"), token.hasSuffix(">"), token.utf8.count == 6,
        let byte = UInt8(token.dropFirst(3).dropLast(), radix: 16)
      else { throw failure(expected: "a byte spelled <0xNN>") }
      text.append(byte)
    case .normal where model == .sentencePieces:
      SentencePieces.append(tokens.bytes(of: id), to: &text)
    case .normal:
      guard ByteAlphabet.append(tokens.bytes(of: id), to: &text) else {
        throw failure(expected: "letters of the byte alphabet")
      }
    }
  }

  /// Entries that spell a byte in sentence pieces: `<0xNN>`, else the character.
  private static func byteTokens(_ spellings: SpellingIndex) -> [Int32?] {
    (UInt8.min...UInt8.max).map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      let name = Array("<0x\(byte < 16 ? "0" : "")\(digits)>".utf8)
      return (spellings.identifier(of: name[...]) ?? spellings.identifier(of: [byte][...])).map { Int32($0) }
    }
  }

  /// Normal entries before those of the kind `byte`.
  private static func byteTokens(_ kinds: [TokenKind], _ text: [UInt8], _ starts: [Int]) -> [Int32?] {
    var found = [Int32?](repeating: nil, count: 256)
    for kind in [TokenKind.byte, .normal] {
      for id in kinds.indices where kinds[id] == kind && starts[id + 1] - starts[id] == 1 {
        found[Int(text[starts[id]])] = Int32(id)
      }
    }
    return found
  }
}
