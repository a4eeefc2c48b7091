import TesseraCommand
import Testing

/// A line while it is typed: where the cursor is, what each key does, and what of it a terminal shows.
@Suite struct LineEditorTests {
  /// The editor after these keys; letters are themselves.
  private func editor(_ keys: [Key]) -> LineEditor {
    var editor = LineEditor()
    for key in keys { #expect(editor.handle(key) == .edited) }
    return editor
  }

  private func typed(_ text: String) -> [Key] { text.unicodeScalars.map(Key.scalar) }

  @Test(arguments: [
    ([Key.left], "ab cd e", "f"), ([.left, .left, .right], "ab cd e", "f"), ([.home], "", "ab cd ef"),
    ([.home, .end], "ab cd ef", ""), ([.home, .left], "", "ab cd ef"), ([.right], "ab cd ef", ""),
    ([.backspace], "ab cd e", ""), ([.home, .backspace], "", "ab cd ef"), ([.delete], "ab cd ef", ""),
    ([.home, .delete], "", "b cd ef"), ([.left, .left, .deleteToEnd], "ab cd ", ""),
    ([.left, .left, .deleteToStart], "", "ef"), ([.deleteWord], "ab cd ", ""),
    ([.deleteWord, .deleteWord], "ab ", ""), ([.left, .left, .deleteWord], "ab ", "ef"),
    ([.home, .deleteWord], "", "ab cd ef"),
    ([.left, .endOfInput], "ab cd e", ""), ([.left, .scalar("x")], "ab cd ex", "f"), ([.up], "ab cd ef", ""),
    ([.down], "ab cd ef", ""), ([.clearScreen], "ab cd ef", ""),
  ]) func keysEdit(_ keys: [Key], _ before: String, _ after: String) {
    let editor = editor(typed("ab cd ef") + keys)
    #expect(editor.before == before && editor.after == after)
  }

  /// A letter with its accent, a flag and a family are one character each.
  @Test(arguments: ["e\u{301}", "🇨🇭", "👩‍👩‍👧", "漢"]) func charactersAreWhole(_ character: String) {
    let line = editor(typed("a" + character + "b") + [.left, .left])
    #expect(line.before == "a" && line.after == character + "b")
    #expect(editor(typed("a" + character) + [.backspace]).before == "a")
    #expect(editor(typed(character + "b") + [.home, .delete]).after == "b")
  }

  @Test func linesAreRemembered() {
    var editor = editor(typed("one"))
    #expect(editor.handle(.enter) == .entered("one"))
    for line in ["two", "two"] {
      for key in typed(line) { _ = editor.handle(key) }
      #expect(editor.handle(.enter) == .entered(line))
    }
    for key in typed("draft") { _ = editor.handle(key) }
    // A line that was entered twice in a row is there once.
    for (key, line) in [
      (Key.up, "two"), (.up, "one"), (.up, "one"), (.down, "two"), (.down, "draft"), (.down, "draft"), (.up, "two"),
    ] {
      _ = editor.handle(key)
      #expect(editor.before == line && editor.after.isEmpty)
    }
    _ = editor.handle(.scalar("!"))
    #expect(editor.handle(.enter) == .entered("two!"))
    _ = editor.handle(.up)
    #expect(editor.before == "two!")
  }

  @Test func controlKeysEndALine() {
    var editor = editor(typed("ab") + [.left])
    #expect(editor.handle(.interrupt) == .interrupted(hadText: true))
    #expect(editor.before.isEmpty && editor.after.isEmpty)
    #expect(editor.handle(.interrupt) == .interrupted(hadText: false))
    #expect(editor.handle(.endOfInput) == .ended)
    #expect(editor.handle(.enter) == .entered(""))
  }

  @Test func pastedLineBreaksAreText() {
    var editor = editor([.pasteBegins] + typed("a") + [.enter] + typed("b") + [.pasteEnds])
    #expect(editor.window(columns: 10).text == "a⏎b")
    #expect(editor.handle(.enter) == .entered("a\nb"))
  }

  @Test(arguments: [
    ("abc", 0, 10, "abc", 3), ("abcdef", 0, 4, "def", 3), ("abcdef", 6, 4, "abcd", 0), ("abcdef", 3, 4, "abcd", 3),
    ("漢字かな", 0, 5, "かな", 4), ("漢字かな", 0, 4, "な", 2), ("漢字かな", 4, 5, "漢字", 0), ("漢字かな", 2, 6, "漢字か", 4),
    ("e\u{301}e\u{301}", 0, 10, "e\u{301}e\u{301}", 2), ("", 0, 1, "", 0), ("abc", 0, 1, "", 0),
  ]) func theWindowHoldsTheCursor(_ text: String, _ lefts: Int, _ columns: Int, _ shown: String, _ cursor: Int) {
    let window = editor(typed(text) + Array(repeating: .left, count: lefts)).window(columns: columns)
    #expect(window.text == shown && window.cursor == cursor)
  }

  @Test(
    arguments: [
      ("a", 1), ("é", 1), ("e\u{301}", 1), ("漢", 2), ("ｱ", 1), ("Ａ", 2), ("한", 2), ("😀", 2), ("❤\u{FE0F}", 2), ("❤", 1),
      ("\u{301}", 0), ("🇨🇭", 2), ("👩‍👩‍👧", 2), ("–", 1), ("𠀀", 2),
    ] as [(Character, Int)]) func charactersHaveColumns(_ character: Character, _ columns: Int)
  {
    #expect(character.columns == columns)
  }
}
