import Testing
import TesseraModels

/// What holds for any bytes and any merges. A failure prints the seed that brings it back.
@Suite struct TokenizerPropertyTests {
  static let seeds = (1...20).map { UInt64($0) }

  /// All 256 bytes and random merges over few of them, so that words have many.
  static func randomVocabulary(_ preTokenizer: PreTokenizer, _ random: inout SeededGenerator) -> TokenizerVocabulary {
    var tokens = byteTokens
    var merges: [String] = []
    for _ in 0..<120 {
      // Letters, a blank, a line break, and bytes of UTF-8.
      let pool = tokens[97..<101] + [tokens[32], tokens[10], tokens[0xC3], tokens[0xA9]] + tokens[256...]
      let (left, right) = (pool.randomElement(using: &random)!, pool.randomElement(using: &random)!)
      guard !tokens.contains(left + right), left.count + right.count < 12 else { continue }
      tokens.append(left + right)
      merges.append("\(left) \(right)")
    }
    return TokenizerVocabulary(
      tokens: tokens, merges: merges, preTokenizer: preTokenizer.rawValue, addsBeginToken: false)
  }

  /// The byte alphabet in order of bytes, written down a second time.
  static let byteTokens: [String] = {
    var others = (256...).makeIterator()
    return (0..<256).map { (byte: Int) -> String in
      let prints = (33...126).contains(byte) || (161...255).contains(byte) && byte != 173
      return String(Character(Unicode.Scalar(UInt32(prints ? byte : others.next()!))!))
    }
  }()

  static func randomBytes(_ random: inout SeededGenerator) -> [UInt8] {
    let few: [UInt8] = [97, 98, 99, 100, 32, 10, 0xC3, 0xA9, 48, 39]
    return (0..<Int.random(in: 0...200, using: &random)).map { _ in
      Bool.random(using: &random) ? few.randomElement(using: &random)! : UInt8.random(in: 0...255, using: &random)
    }
  }

  @Test(arguments: seeds) func anyBytesComeBack(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for preTokenizer in PreTokenizer.allCases {
      let tokenizer = try Tokenizer(Self.randomVocabulary(preTokenizer, &random))
      for _ in 0..<20 {
        let bytes = Self.randomBytes(&random)
        #expect(try tokenizer.decode(try tokenizer.encode(bytes: bytes)) == bytes, "\(preTokenizer), seed \(seed)")
      }
    }
  }

  /// The definition looks through the whole list before every merge.
  @Test(arguments: seeds) func mergesAreThoseOfTheDefinition(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let vocabulary = Self.randomVocabulary(.gpt2, &random)
    let tokenizer = try Tokenizer(vocabulary)
    for _ in 0..<20 {
      // Letters alone are one word, and are spelled by themselves.
      let word = (0..<40).map { _ in ["a", "b", "c", "d"].randomElement(using: &random)! }
      let ids = Self.merged(word, Array(vocabulary.merges)).map { vocabulary.tokens.firstIndex(of: $0)! }
      #expect(try tokenizer.encode(word.joined()) == ids, "seed \(seed): \(word.joined())")
    }
  }

  static func merged(_ word: [String], _ merges: [String]) -> [String] {
    var word = word
    while true {
      let pairs = zip(word, word.dropFirst()).map { "\($0) \($1)" }
      guard let place = merges.lazy.compactMap({ pairs.firstIndex(of: $0) }).first else { return word }
      word[place...(place + 1)] = [word[place] + word[place + 1]]
    }
  }

  @Test(arguments: seeds) func streamedPiecesAreTheText(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let tokenizer = try Tokenizer(
      TokenizerVocabulary(tokens: Self.byteTokens, merges: [], preTokenizer: "gpt-2"))
    for _ in 0..<50 {
      let characters = ["a", "é", "中", "😀", "\u{10FFFF}", "\u{301}"]
      var bytes = (0..<20).flatMap { _ in Array(characters.randomElement(using: &random)!.utf8) }
      for _ in 0..<Int.random(in: 0...6, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      var stream = TokenStream(tokenizer)
      var text = ""
      for byte in bytes { text += try stream.append(Int(byte)) }
      text += stream.finish()
      #expect(Array(text.utf8) == Array(String(decoding: bytes, as: UTF8.self).utf8), "seed \(seed): \(bytes)")
    }
  }

  /// A word of a million bytes comes back. That it takes no quadratic work shows only in how long the tests take.
  @Test func longWords() throws {
    var random = SeededGenerator(seed: 1)
    let tokenizer = try Tokenizer(Self.randomVocabulary(.gpt2, &random))
    let count = 1 << 20
    let letters = (0..<count).map { _ in UInt8.random(in: 97...100, using: &random) }
    for bytes in [[UInt8](repeating: 97, count: count), letters] {
      #expect(try tokenizer.decode(try tokenizer.encode(bytes: bytes)) == bytes)
    }
  }
}
