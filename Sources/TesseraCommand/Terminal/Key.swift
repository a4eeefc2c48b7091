/// What a key, or a part of pasted text, means to a line that is edited.
package enum Key: Hashable, Sendable {
  case scalar(Unicode.Scalar)
  case enter, backspace, delete
  case left, right, home, end, up, down
  case deleteToStart, deleteToEnd, deleteWord
  case interrupt, endOfInput, clearScreen
  case pasteBegins, pasteEnds
}
