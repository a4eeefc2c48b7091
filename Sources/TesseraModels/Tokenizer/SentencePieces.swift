import Tessera

/// Byte-pair encoding by scores, over characters, as SentencePiece has it: `tokenizer.ggml.model` is `llama`.
///
/// A blank is spelled U+2581. Of all pairs of neighbours that are a token together, the one whose token has the highest
/// score is joined first, the leftmost of equals; a character that is then no token becomes the tokens of its bytes,
/// spelled `<0xNN>`. Kudo, Richardson: "SentencePiece: A simple and language independent subword tokenizer and
/// detokenizer for neural text processing" (EMNLP 2018).
struct SentencePieces: Sendable {
  /// The letter that spells a blank, U+2581.
  static let blank: [UInt8] = [0xE2, 0x96, 0x81]
  /// Whether a blank is put before a text that begins, or follows a special token.
  let addsSpacePrefix: Bool
  /// How eagerly a pair is joined to a token, by id; the lowest first. `MergeTable.none`: it never is.
  let ranks: [UInt32]
  private let longestToken: Int

  /// Throws where scores are not one number for each token.
  init(_ vocabulary: TokenizerVocabulary, _ table: TokenTable) throws(TesseraError) {
    addsSpacePrefix = vocabulary.addsSpacePrefix ?? true
    let scores = vocabulary.scores ?? [Float](repeating: 0, count: table.count)
    guard scores.count == table.count else {
      throw TokenizerError.invalid("scores", expected: "\(table.count), one for each token", actual: "\(scores.count)")
    }
    var longestToken = 0
    var ranks: [UInt32] = []
    ranks.reserveCapacity(scores.count)
    for (id, score) in scores.enumerated() {
      guard score.isFinite else {
        throw TokenizerError.invalid("scores[\(id)]", expected: "a finite number", actual: score.spelled)
      }
      let isJoined = table.isText(id) && vocabulary.kinds?[id] != TokenKind.byte.rawValue
      ranks.append(isJoined ? Self.rank(score) : MergeTable.none)
      if isJoined { longestToken = max(longestToken, table.spelling(of: id).count) }
    }
    (self.ranks, self.longestToken) = (ranks, longestToken)
  }

  /// The lower, the higher the score: the bits of floats are in order of their values once a negative one's are turned.
  private static func rank(_ score: Float) -> UInt32 {
    let bits = (score + 0).bitPattern
    return bits >> 31 == 1 ? bits : ~(bits | 1 << 31)
  }

  /// Appends the bytes that a token's spelling stands for.
  static func append(_ spelling: ArraySlice<UInt8>, to text: inout [UInt8]) {
    var place = spelling.startIndex
    while place < spelling.endIndex {
      let isBlank = spelling[place] == blank[0] && spelling[place...].starts(with: blank)
      text.append(isBlank ? UInt8(ascii: " ") : spelling[place])
      place += isBlank ? blank.count : 1
    }
  }

  /// The token that is spelled so and may come of a text.
  func token(_ spelling: ArraySlice<UInt8>, _ table: TokenTable) -> Int? {
    guard spelling.count <= longestToken, let id = table.identifier(of: spelling), ranks[id] != MergeTable.none else {
      return nil
    }
    return id
  }
}
