import Tessera

/// Text to token ids and back.
///
/// Special tokens are found first, the longest before all others. What lies between becomes tokens by one of two models
/// (`TokenizerVocabulary.Model`), which join pairs of neighbours until none is left to join. Sennrich, Haddow, Birch:
/// "Neural machine translation of rare words with subword units" (ACL 2016), section 3.2.
///
/// - Byte pairs: over bytes, as in GPT-2, in each word that the pre-tokenizer cuts. The pair whose merge comes first in
///   the list is joined, the leftmost of equals.
/// - Sentence pieces: over the characters of the whole text (`SentencePieces`).
///
/// Decoding gives the encoded bytes back, those that are not UTF-8 included; of sentence pieces, with blanks for
/// U+2581. llama.cpp gives the same ids for any text that is UTF-8 (docs/tokenizer.md says what it does with other
/// bytes).
///
/// A word or text of n bytes takes O(n log n) time.
public struct Tokenizer: Sendable {
  /// How text is cut into words; nil: it is not, as sentence pieces are made of all of it.
  public let preTokenizer: PreTokenizer?
  public let beginToken: Int?
  public let endToken: Int?
  /// What a model ends a text or its turn with, in order of ids: the tokens that the vocabulary names, and those that
  /// llama.cpp takes for such by how they read (`<|eot_id|>`, `<|im_end|>`, `<end_of_turn>`, `</s>` and others).
  public let generationEndTokens: [Int]
  /// Whether a prompt starts with the begin token.
  public let addsBeginToken: Bool
  let table: TokenTable
  let special: SpecialTokens
  private let model: Model

  private enum Model: Sendable {
    case bytePairs(PreTokenizer, MergeTable)
    case sentencePieces(SentencePieces)
  }

  /// Throws where a name, id or kind is not known, an entry occurs twice, a letter is not of the alphabet, a merge has
  /// other tokens than the vocabulary, or scores are not one number for each token.
  public init(_ vocabulary: TokenizerVocabulary) throws(TesseraError) {
    var vocabulary = vocabulary
    switch vocabulary.model {
    case .bytePairs:
      let preTokenizer = try PreTokenizer(named: vocabulary.preTokenizer)
      table = try TokenTable(vocabulary)
      model = .bytePairs(preTokenizer, try MergeTable(vocabulary.merges, of: table))
      self.preTokenizer = preTokenizer
      addsBeginToken = vocabulary.addsBeginToken ?? preTokenizer.addsBeginToken
    case .sentencePieces:
      vocabulary.nameSentencePiecesEnds()
      table = try TokenTable(vocabulary)
      model = .sentencePieces(try SentencePieces(vocabulary, table))
      preTokenizer = nil
      addsBeginToken = vocabulary.addsBeginToken ?? true
    }
    special = SpecialTokens(table, trims: vocabulary.trimsAfterSpecialTokens)
    beginToken = vocabulary.beginToken
    endToken = vocabulary.endToken
    let named = [
      ("begin token", beginToken), ("end token", endToken), ("turn end token", vocabulary.turnEndToken),
      ("message end token", vocabulary.messageEndToken),
    ]
    for (name, id) in named + vocabulary.fillTokens.map({ ($0.rawValue, $1) }) {
      if let id { try table.check(id, name) }
    }
    generationEndTokens = table.ends.sorted()
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
    if options.marksBegin, addsBeginToken, let beginToken { ids.append(beginToken) }
    let fragments = special.split(bytes, parsesControlTokens: options.parsesControlTokens, contents: contents)
    let drops = options.dropsUnknownBytes
    switch model {
    case .bytePairs(let preTokenizer, let merges):
      var merger = BytePairMerger(merges)
      for fragment in fragments {
        guard case .text(let range) = fragment else { ids.append(fragment.token!); continue }
        let text = ScannedText(bytes[range])
        try preTokenizer.forEachWord(of: text) { word throws(TesseraError) in
          let word = bytes[text.bytes(of: word)]
          if preTokenizer.takesWholeWords, let id = table.token(of: word) { return ids.append(id) }
          try merger.append(word, table, dropsUnknownBytes: drops, to: &ids)
        }
      }
    case .sentencePieces(let pieces):
      var merger = SentencePieceMerger(pieces, table)
      var begins = !options.followsText
      for fragment in fragments {
        if case .text(let range) = fragment {
          try merger.append(bytes[range], begins: begins, dropsUnknownBytes: drops, to: &ids)
        } else {
          ids.append(fragment.token!)
        }
        begins = fragment.token != nil
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
  ///
  /// Of sentence pieces, the blank that encoding puts before a text is left out where the first token has it.
  public func decode(_ ids: some Sequence<Int>, showsControlTokens: Bool = true) throws(TesseraError) -> [UInt8] {
    var bytes: [UInt8] = []
    var leavesBlankOut = false
    if case .sentencePieces(let pieces) = model { leavesBlankOut = pieces.addsSpacePrefix }
    for id in ids {
      let piece = try piece(id, showsControlTokens: showsControlTokens)
      bytes += leavesBlankOut && piece.first == UInt8(ascii: " ") ? piece.dropFirst() : piece
      leavesBlankOut = false
    }
    return bytes
  }

  /// What a token adds to the text of those before it.
  func piece(_ id: Int, showsControlTokens: Bool) throws(TesseraError) -> ArraySlice<UInt8> {
    try table.check(id, "token")
    return showsControlTokens || !table.kinds[id].isControl ? table.bytes(of: id) : []
  }
}

extension SpecialTokens.Fragment {
  fileprivate var token: Int? { if case .token(let id) = self { id } else { nil } }
}

extension TokenizerVocabulary {
  /// What holds for sentence pieces where a file does not say: begin is 1 and end is 2.
  fileprivate mutating func nameSentencePiecesEnds() {
    if beginToken == nil, tokens.count > 1 { beginToken = 1 }
    if endToken == nil, tokens.count > 2 { endToken = 2 }
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
  /// Whether other text comes before, so that sentence pieces put no blank in between.
  public var followsText = false

  public init(parsesControlTokens: Bool = false, marksBegin: Bool = false, dropsUnknownBytes: Bool = false) {
    self.parsesControlTokens = parsesControlTokens
    self.marksBegin = marksBegin
    self.dropsUnknownBytes = dropsUnknownBytes
  }
}
