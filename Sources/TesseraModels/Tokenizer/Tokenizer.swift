import Tessera

/// Byte-level byte-pair encoding: text to token ids and back.
///
/// Special tokens are found first, the longest before all others. What lies between is cut into words by the
/// pre-tokenizer, and in each word the pair of neighbours whose merge comes first in the list is joined, the leftmost of
/// equals, until no pair is listed. Sennrich, Haddow, Birch: "Neural machine translation of rare words with subword
/// units" (ACL 2016), section 3.2; over bytes as in GPT-2. A word of n bytes takes O(n log n) time.
///
/// Decoding gives the encoded bytes back, those that are not UTF-8 included. llama.cpp gives the same ids for any text
/// that is UTF-8; bytes that are not it replaces with U+FFFD before it encodes them.
public struct Tokenizer: Sendable {
  public let preTokenizer: PreTokenizer
  public let beginToken: Int?
  public let endToken: Int?
  /// What a model ends a text or its turn with, in order of ids: the vocabulary's end tokens, and ChatML's `<|im_end|>`
  /// where that is a control token.
  public let generationEndTokens: [Int]
  /// Whether a prompt starts with the begin token.
  public let addsBeginToken: Bool
  let table: TokenTable
  let merges: MergeTable
  let special: SpecialTokens

  /// Throws where a name, id or kind is not known, an entry occurs twice, a letter is not of the alphabet, or a merge
  /// has other tokens than the vocabulary.
  public init(_ vocabulary: TokenizerVocabulary) throws(TesseraError) {
    preTokenizer = try PreTokenizer(named: vocabulary.preTokenizer)
    table = try TokenTable(vocabulary)
    merges = try MergeTable(vocabulary.merges, of: table)
    special = SpecialTokens(table)
    beginToken = vocabulary.beginToken
    endToken = vocabulary.endToken
    addsBeginToken = vocabulary.addsBeginToken ?? preTokenizer.addsBeginToken
    let turnEndToken = vocabulary.turnEndToken
    for (name, id) in [("begin token", beginToken), ("end token", endToken), ("turn end token", turnEndToken)] {
      if let id { try table.check(id, name) }
    }
    var ends = Set([endToken, turnEndToken].compactMap(\.self))
    if let id = table.identifier(of: Array(ChatTemplate.end.utf8)[...]), table.kinds[id].isControl { ends.insert(id) }
    generationEndTokens = ends.sorted()
    if addsBeginToken, beginToken == nil {
      throw TokenizerError.invalid("begin token", expected: "an id, as prompts start with it", actual: "none")
    }
  }

  /// The number of tokens; ids are below it.
  public var count: Int { table.count }

  /// The id of the entry with this spelling.
  public func token(spelled spelling: String) -> Int? { table.identifier(of: Array(spelling.utf8)[...]) }

  public func kind(of id: Int) throws(TesseraError) -> TokenKind {
    try table.check(id, "token")
    return table.kinds[id]
  }

  public func encode(_ text: String, _ options: EncodingOptions = EncodingOptions()) throws(TesseraError) -> [Int] {
    try encode(bytes: Array(text.utf8), options)
  }

  /// Any bytes will do. Throws where a byte has no token, unless the options drop such bytes.
  public func encode(bytes: [UInt8], _ options: EncodingOptions = EncodingOptions()) throws(TesseraError) -> [Int] {
    try encode(bytes: bytes, options, contents: [])
  }

  /// Control tokens are not looked for in `contents`, ranges in order of bytes that are text whatever the options say.
  func encode(bytes: [UInt8], _ options: EncodingOptions, contents: [Range<Int>]) throws(TesseraError) -> [Int] {
    var ids: [Int] = []
    var merger = BytePairMerger()
    if options.marksBegin, addsBeginToken, let beginToken { ids.append(beginToken) }
    for fragment in special.split(bytes, parsesControlTokens: options.parsesControlTokens, contents: contents) {
      switch fragment {
      case .token(let id): ids.append(id)
      case .text(let range):
        let text = ScannedText(bytes[range])
        try preTokenizer.forEachWord(of: text) { word throws(TesseraError) in
          let word = bytes[text.bytes(of: word)]
          if preTokenizer.takesWholeWords, let id = table.token(of: word) { return ids.append(id) }
          try merger.append(word, table, merges, dropsUnknownBytes: options.dropsUnknownBytes, to: &ids)
        }
      }
    }
    return ids
  }

  /// The bytes that a token stands for.
  public func bytes(of id: Int) throws(TesseraError) -> ArraySlice<UInt8> {
    try table.check(id, "token")
    return table.bytes(of: id)
  }

  /// The bytes that tokens stand for. They may end inside a character: `TokenStream` gives text piece by piece.
  public func decode(_ ids: some Sequence<Int>, showsControlTokens: Bool = true) throws(TesseraError) -> [UInt8] {
    var bytes: [UInt8] = []
    for id in ids {
      try table.check(id, "token")
      if showsControlTokens || !table.kinds[id].isControl { bytes += table.bytes(of: id) }
    }
    return bytes
  }
}

/// How a text is encoded.
public struct EncodingOptions: Hashable, Sendable {
  /// Whether the spelling of a control token in the text is that token. Text of a user's should not be trusted with it.
  public var parsesControlTokens = false
  /// Whether the begin token comes first, where the vocabulary wants it.
  public var marksBegin = false
  /// Whether bytes without a token are left out, as llama.cpp does, or an error.
  public var dropsUnknownBytes = false

  public init(parsesControlTokens: Bool = false, marksBegin: Bool = false, dropsUnknownBytes: Bool = false) {
    self.parsesControlTokens = parsesControlTokens
    self.marksBegin = marksBegin
    self.dropsUnknownBytes = dropsUnknownBytes
  }
}
