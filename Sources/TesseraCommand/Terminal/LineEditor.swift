/// A line while it is typed, and the lines before it. Knows nothing of a terminal.
package struct LineEditor {
  /// What a key has made of the line.
  package enum Outcome: Hashable {
    case edited
    case entered(String)
    /// Ctrl-C, which has cleared the line; whether there was anything to clear.
    case interrupted(hadText: Bool)
    /// Ctrl-D on an empty line.
    case ended
  }

  /// Text on both sides of the cursor. Whole characters move and go, however many scalars they have.
  package private(set) var before = ""
  package private(set) var after = ""
  private var history: [String] = []
  /// The line of `history` that is shown; its count: the one that is new.
  private var place = 0
  /// The new line while older ones are shown.
  private var draft = ""
  private var isPasting = false

  package init() {}

  package mutating func handle(_ key: Key) -> Outcome {
    switch key {
    case .scalar(let scalar): before.unicodeScalars.append(scalar)
    case .enter where isPasting: before.append("\n")
    case .enter: return .entered(enter())
    case .backspace: _ = before.popLast()
    case .delete: if !after.isEmpty { after.removeFirst() }
    case .left: if let character = before.popLast() { after.insert(character, at: after.startIndex) }
    case .right: if !after.isEmpty { before.append(after.removeFirst()) }
    case .home: (before, after) = ("", before + after)
    case .end: (before, after) = (before + after, "")
    case .up: show(place - 1)
    case .down: show(place + 1)
    case .deleteToStart: before = ""
    case .deleteToEnd: after = ""
    case .deleteWord:
      while before.last?.isWhitespace == true { before.removeLast() }
      while before.last?.isWhitespace == false { before.removeLast() }
    case .interrupt:
      let hadText = !(before + after).isEmpty
      clear()
      return .interrupted(hadText: hadText)
    case .endOfInput:
      guard !(before + after).isEmpty else { return .ended }
      return handle(.delete)
    case .clearScreen: break
    case .pasteBegins: isPasting = true
    case .pasteEnds: isPasting = false
    }
    return .edited
  }

  private mutating func enter() -> String {
    let line = before + after
    if !line.isEmpty, history.last != line { history.append(line) }
    if history.count > Self.historyLimit { history.removeFirst() }
    clear()
    return line
  }

  private mutating func clear() { (before, after, draft, place, isPasting) = ("", "", "", history.count, false) }

  private mutating func show(_ wanted: Int) {
    guard (0...history.count).contains(wanted), wanted != place else { return }
    if place == history.count { draft = before + after }
    place = wanted
    (before, after) = (place == history.count ? draft : history[place], "")
  }

  private static let historyLimit = 1000

  /// The part of the line that has room in so many columns, around the cursor, and the cursor's column in it.
  package func window(columns: Int) -> (text: String, cursor: Int) {
    var (left, cursor) = ([Character](), 0)
    // The cursor needs a column of its own.
    for character in before.reversed() {
      let (shown, width) = Self.shown(character)
      guard cursor + width < columns else { break }
      left.append(contentsOf: shown.reversed())
      cursor += width
    }
    var (text, used) = (String(left.reversed()), cursor)
    for character in after {
      let (shown, width) = Self.shown(character)
      guard used + width <= columns else { break }
      text += shown
      used += width
    }
    return (text, cursor)
  }

  /// A line break, which only pasted text has, is a sign.
  private static func shown(_ character: Character) -> (text: String, width: Int) {
    character.isNewline ? ("⏎", 1) : (String(character), character.columns)
  }
}
