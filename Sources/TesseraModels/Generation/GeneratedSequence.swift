import Tessera

/// One sequence while it is generated: its tokens so far, and the text that has not been shown yet.
struct GeneratedSequence {
  /// Its place in the cache.
  let index: Int
  private(set) var tokens: [Int]
  let promptCount: Int
  private(set) var end: GeneratedText.End?
  private(set) var text = ""
  private var stream: TokenStream
  private var stops: StopStrings
  private let maximumTokens: Int
  private let endTokens: [Int]
  /// Positions that prompt and result may take.
  private let room: Int

  init(_ index: Int, prompt: [Int], room: Int, _ tokenizer: Tokenizer, _ options: GenerationOptions) {
    (self.index, self.room) = (index, room)
    (tokens, promptCount) = (prompt, prompt.count)
    stream = TokenStream(tokenizer)
    stops = StopStrings(options.stopStrings)
    (maximumTokens, endTokens) = (options.maximumTokens, tokenizer.generationEndTokens)
    if maximumTokens <= 0 { end = .maximumTokens }
  }

  var generatedCount: Int { tokens.count - promptCount }

  /// Takes a token in, and returns the text that it makes certain.
  mutating func append(_ token: Int) throws(TesseraError) -> String {
    tokens.append(token)
    guard !endTokens.contains(token) else { return finish(.endToken) }
    let (shown, isStopped) = stops.append(try stream.append(token))
    text += shown
    if isStopped {
      end = .stopString
    } else if generatedCount == maximumTokens {
      return shown + finish(.maximumTokens)
    } else if tokens.count == room {
      return shown + finish(.contextLimit)
    }
    return shown
  }

  private mutating func finish(_ end: GeneratedText.End) -> String {
    self.end = end
    let (shown, isStopped) = stops.append(stream.finish())
    let rest = isStopped ? shown : shown + stops.finish()
    text += rest
    return rest
  }

  /// Ends it as it is, and returns the text that was held back.
  mutating func interrupt() -> String { finish(.interrupted) }

  /// The last tokens, −1 before the first.
  func recent(_ count: Int) -> [Int32] {
    let last = tokens.suffix(count).map { Int32($0) }
    return [Int32](repeating: -1, count: count - last.count) + last
  }
}

/// What was generated for one prompt.
public struct GeneratedText: Hashable, Sendable {
  /// Why it ends.
  public enum End: String, Codable, Sendable {
    case endToken, stopString, maximumTokens
    /// The model's context, or the cache, has no more room.
    case contextLimit
    /// The caller asked for it.
    case interrupted
  }

  public var text: String
  /// Tokens without the prompt's, with the one that ends it.
  public var tokens: [Int]
  public var end: End

  package init(text: String, tokens: [Int], end: End) {
    (self.text, self.tokens, self.end) = (text, tokens, end)
  }
}
