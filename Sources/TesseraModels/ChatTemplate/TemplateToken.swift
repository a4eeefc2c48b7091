/// A token of a template's text.
struct TemplateToken: Sendable {
  enum Kind: Equatable, Sendable {
    /// Text outside of tags, with the white space that tags take away gone.
    case text(TemplateText)
    case outputStart, outputEnd, blockStart, blockEnd
    case name(String)
    case string(TemplateText)
    case integer(Int)
    case number(Double)
    /// An operator or bracket.
    case sign(String)
    case end
  }
  let kind: Kind
  let place: TemplatePlace

  /// How errors name the token.
  var described: String {
    switch kind {
    case .text: "text"
    case .outputStart: "\"{{\""
    case .outputEnd: "\"}}\""
    case .blockStart: "\"{%\""
    case .blockEnd: "\"%}\""
    case .name(let name): TokenizerError.quoted(name)
    case .string: "a string"
    case .integer, .number: "a number"
    case .sign(let sign): "\"\(sign)\""
    case .end: "the end"
    }
  }
}
