/// Reads a template's text into statements: Jinja's grammar, as far as chat templates use it.
struct TemplateParser {
  private var lexer: TemplateLexer
  var token: TemplateToken
  private var lookahead: TemplateToken?
  private var nesting = 0

  static func statements(of text: String) throws(TemplateFault) -> [TemplateStatement] {
    guard text.utf8.count <= TemplateBudget.textBytes else {
      throw TemplateFault.bound("\(TemplateBudget.textBytes) bytes of text", "\(text.utf8.count)")
    }
    var parser = try TemplateParser(text)
    return try parser.body(until: [])
  }

  private init(_ text: String) throws(TemplateFault) {
    lexer = TemplateLexer(text)
    token = try lexer.next()
  }

  // MARK: Tokens

  mutating func advance() throws(TemplateFault) {
    if let next = lookahead {
      token = next
      lookahead = nil
    } else {
      token = try lexer.next()
    }
  }

  mutating func next() throws(TemplateFault) -> TemplateToken.Kind {
    if lookahead == nil { lookahead = try lexer.next() }
    return lookahead!.kind
  }

  func isAt(_ sign: String) -> Bool { token.kind == .sign(sign) }
  func isAt(name: String) -> Bool { token.kind == .name(name) }

  /// Goes past a token where it is there.
  mutating func skip(_ kind: TemplateToken.Kind) throws(TemplateFault) -> Bool {
    guard token.kind == kind else { return false }
    try advance()
    return true
  }

  mutating func skip(_ sign: String) throws(TemplateFault) -> Bool { try skip(.sign(sign)) }

  mutating func expect(_ kind: TemplateToken.Kind) throws(TemplateFault) {
    guard try skip(kind) else {
      throw TemplateFault.syntax(
        TemplateToken(kind: kind, place: token.place).described, token.described, at: token.place)
    }
  }

  mutating func expectName() throws(TemplateFault) -> String {
    guard case .name(let name) = token.kind else {
      throw TemplateFault.syntax("a name", token.described, at: token.place)
    }
    try advance()
    return name
  }

  /// Reads a part that lies within others of its kind.
  mutating func nested<Part>(
    _ read: (inout TemplateParser) throws(TemplateFault) -> Part
  ) throws(TemplateFault) -> Part {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= TemplateBudget.nesting else {
      throw TemplateFault.bound("\(TemplateBudget.nesting) tags and brackets within each other", "more").at(token.place)
    }
    return try read(&self)
  }

  // MARK: Bodies

  /// The statements up to a block that is named in `ends`, or up to the end of the text where none is. The parser is at
  /// that block's name then.
  mutating func body(until ends: Set<String>) throws(TemplateFault) -> [TemplateStatement] {
    try nested { parser throws(TemplateFault) in
      var statements: [TemplateStatement] = []
      while true {
        let start = parser.token.place
        switch parser.token.kind {
        case .text(let text):
          try parser.advance()
          statements.append(.text(text))
        case .outputStart:
          try parser.advance()
          statements.append(.output(try parser.tuple()))
          try parser.expect(.outputEnd)
        case .blockStart:
          try parser.advance()
          guard case .name(let name) = parser.token.kind else {
            throw TemplateFault.syntax("a block's name", parser.token.described, at: parser.token.place)
          }
          if ends.contains(name) { return statements }
          statements += try parser.statement(name)
        default:
          guard ends.isEmpty else {
            throw TemplateFault.syntax(
              ends.sorted().map { "\"\($0)\"" }.joined(separator: " or "), "the end of the template", at: start)
          }
          return statements
        }
      }
    }
  }
}
