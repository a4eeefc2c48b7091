import Foundation
import TesseraReport

/// Lines that someone types at a terminal and edits meanwhile. The terminal is as it was between two lines.
final class TerminalLines {
  enum Line {
    case text(String)
    /// Ctrl-C; whether it has cleared a line.
    case interrupted(hadText: Bool)
    case end
  }

  private var editor = LineEditor()

  /// Whether lines can be edited: input and output are a terminal that knows how to move its cursor.
  static var areThere: Bool {
    isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
      && !["dumb", ""].contains(ProcessInfo.processInfo.environment["TERM"] ?? "")
  }

  /// Shows the prompt and reads a line.
  func next(prompt: String) throws -> Line {
    var usual = termios()
    guard tcgetattr(STDIN_FILENO, &usual) == 0 else { return .end }
    var raw = usual
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
    raw.c_iflag &= ~tcflag_t(ICRNL | IXON)
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
    // Pasted text comes between marks, so that its line breaks do not end the line.
    try StandardOutput.write("\u{1B}[?2004h")
    defer {
      _ = try? StandardOutput.write("\u{1B}[?2004l\n")
      tcsetattr(STDIN_FILENO, TCSADRAIN, &usual)
    }
    var keys = KeyDecoder()
    try show(prompt)
    while let byte = StandardInput.byte() {
      guard let key = keys.decode(byte) else { continue }
      if key == .clearScreen { try StandardOutput.write("\u{1B}[H\u{1B}[2J") }
      switch editor.handle(key) {
      case .edited: try show(prompt)
      case .entered(let text): return .text(text)
      case .interrupted(let hadText): return .interrupted(hadText: hadText)
      case .ended: return .end
      }
    }
    return .end
  }

  private func show(_ prompt: String) throws {
    let start = prompt.reduce(0) { $0 + $1.columns }
    let (text, cursor) = editor.window(columns: max(1, Self.columns - start))
    try StandardOutput.write("\r\(prompt)\(text)\u{1B}[K\r\u{1B}[\(start + cursor)C")
  }

  private static var columns: Int {
    var size = winsize()
    return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }
}
