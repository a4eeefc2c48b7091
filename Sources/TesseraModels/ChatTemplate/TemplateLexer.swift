/// Cuts a template's text into tokens, one at a time.
///
/// White space is as chat templates expect it: `trim_blocks` and `lstrip_blocks` are on, so that the line break after a
/// block's tag and the blanks before it on its line are no text; `-` takes all white space on its side, `+` none. One
/// line break at the end of the template is no text either.
struct TemplateLexer {
  enum Mode { case text, output, block }

  let source: TemplateSource
  var position = 0
  private var mode = Mode.text
  /// Whether a tag or comment ended with the line.
  private var startsLine = true
  /// The brackets that are open in a tag.
  private var openBrackets = 0
  /// What was found together with the last token.
  private var pending: TemplateToken?

  init(_ text: String) { source = TemplateSource(text) }

  mutating func next() throws(TemplateFault) -> TemplateToken {
    if let token = pending {
      pending = nil
      return token
    }
    return mode == .text ? try nextOutsideTags() : try nextInTag()
  }

  private mutating func nextOutsideTags() throws(TemplateFault) -> TemplateToken {
    while true {
      let start = position
      guard let tag = source.firstTag(from: start) else {
        position = source.count
        if start < position { return token(.text(source.text(start..<position)), at: start) }
        return token(.end, at: start)
      }
      let text = textBefore(tag, from: start)
      position = tag + 2 + (source.has("-", at: tag + 2) || source.has("+", at: tag + 2) ? 1 : 0)
      var found: [TemplateToken] = text.isEmpty ? [] : [token(.text(text), at: start)]
      if source.has("{#", at: tag) {
        try skipComment(from: tag)
      } else if source.has("{{", at: tag) {
        mode = .output
        found.append(token(.outputStart, at: tag))
      } else if let raw = try rawText(from: tag) {
        if !raw.isEmpty { found.append(token(.text(raw), at: tag)) }
      } else {
        mode = .block
        found.append(token(.blockStart, at: tag))
      }
      guard let first = found.first else { continue }
      pending = found.count > 1 ? found[1] : nil
      return first
    }
  }

  /// The text before a tag at `end`, without what the tag takes away.
  private func textBefore(_ end: Int, from start: Int) -> TemplateText {
    if source.has("-", at: end + 2) { return source.text(start..<end).trimmed(left: false) }
    let keepsBlanks = source.has("+", at: end + 2) || source.has("{{", at: end)
    let lineStart = (start..<end).last { source.has("\n", at: $0) }.map { $0 + 1 }
    guard !keepsBlanks, let line = lineStart ?? (startsLine ? start : nil),
      (line..<end).allSatisfy({ source.isSpace(at: $0) })
    else { return source.text(start..<end) }
    return source.text(start..<line)
  }

  /// Goes past the white space that a tag or comment which ends before `end` takes away.
  mutating func finish(at end: Int, takes sign: Character?, isBlock: Bool) {
    position = end
    if sign == "-" {
      while source.isSpace(at: position) { position += 1 }
    } else if isBlock, sign == nil, source.has("\n", at: position) {
      position += 1
    }
    startsLine = source.has("\n", at: position - 1)
  }

  private mutating func skipComment(from tag: Int) throws(TemplateFault) {
    guard let end = source.first("#}", from: position) else {
      throw TemplateFault.syntax("the end of a comment", "none", at: source.place(of: tag))
    }
    let sign = end > position ? source.sign(at: end - 1) : nil
    finish(at: end + 2, takes: sign, isBlock: true)
  }

  /// What stands between `raw` and `endraw`; nil: the block is another one.
  private mutating func rawText(from tag: Int) throws(TemplateFault) -> TemplateText? {
    guard let name = source.wordEnd("raw", from: position) else { return nil }
    let isTrimming = source.has("-%}", at: name)
    guard isTrimming || source.has("%}", at: name) else { return nil }
    finish(at: name + (isTrimming ? 3 : 2), takes: isTrimming ? "-" : "+", isBlock: true)
    let start = position
    var end = start
    while let open = source.first("{%", from: end) {
      let sign = source.sign(at: open + 2)
      if let name = source.wordEnd("endraw", from: open + (sign == nil ? 2 : 3)) {
        let closing = source.sign(at: name)
        if source.has("%}", at: name + (closing == nil ? 0 : 1)) {
          let text = textBefore(open, from: start)
          finish(at: name + (closing == nil ? 2 : 3), takes: closing, isBlock: true)
          return text
        }
      }
      end = open + 2
    }
    throw TemplateFault.syntax("\"endraw\"", "none", at: source.place(of: tag))
  }

  private mutating func nextInTag() throws(TemplateFault) -> TemplateToken {
    while source.isSpace(at: position) { position += 1 }
    let start = position
    guard start < source.count else {
      throw TemplateFault.syntax("the end of a tag", "the end of the template", at: source.place(of: start))
    }
    if openBrackets == 0, let end = endOfTag() { return end }
    let kind = try source.token(at: &position)
    if case .sign(let sign) = kind {
      if ["(", "[", "{"].contains(sign) { openBrackets += 1 }
      if [")", "]", "}"].contains(sign) { openBrackets = max(0, openBrackets - 1) }
    }
    return token(kind, at: start)
  }

  private mutating func endOfTag() -> TemplateToken? {
    let start = position
    let isBlock = mode == .block
    let sign = source.sign(at: start).flatMap { isBlock || $0 == "-" ? $0 : nil }
    let end = start + (sign == nil ? 0 : 1)
    guard source.has(isBlock ? "%}" : "}}", at: end) else { return nil }
    finish(at: end + 2, takes: sign, isBlock: isBlock)
    mode = .text
    return token(isBlock ? .blockEnd : .outputEnd, at: start)
  }

  private func token(_ kind: TemplateToken.Kind, at offset: Int) -> TemplateToken {
    TemplateToken(kind: kind, place: source.place(of: offset))
  }
}
