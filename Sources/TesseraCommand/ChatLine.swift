import Foundation

/// What a line of a chat asks for.
enum ChatLine: Hashable {
  case question(String)
  case reset, exit, help, nothing
  /// A command that there is not.
  case unknown(String)

  /// A command begins with a slash; a question that does has a blank before it.
  init(_ line: String) {
    let text = line.trimmingCharacters(in: .whitespaces)
    guard line.hasPrefix("/") else {
      self = text.isEmpty ? .nothing : .question(line)
      return
    }
    switch text {
    case "/reset": self = .reset
    case "/exit", "/quit": self = .exit
    case "/help", "/?": self = .help
    default: self = .unknown(text)
    }
  }

  static let commands = "/reset begins anew, /exit or Ctrl-D leaves, /help says this"
}
