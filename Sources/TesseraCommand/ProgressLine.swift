import Foundation

/// One line on standard error that says how far a command is: written over on a terminal; elsewhere line after line, or
/// nothing.
final class ProgressLine {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let onTerminalOnly: Bool
  private var isOpen = false

  init(onTerminalOnly: Bool = false) { self.onTerminalOnly = onTerminalOnly }

  func show(_ text: String) {
    guard isTerminal || !onTerminalOnly else { return }
    // Erases what a longer text has left.
    let line = isTerminal ? "\r\(text)\u{1B}[K" : text + "\n"
    FileHandle.standardError.write(Data(line.utf8))
    isOpen = true
  }

  /// Leaves the terminal's cursor on a line of its own.
  func end() {
    if isTerminal, isOpen { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    isOpen = false
  }
}
