import Foundation

/// What a line of a chat asks for.
enum ChatLine: Hashable {
  case question(String)
  case reset, exit, help, nothing
  /// A command that there is not.
  case unknown(String)

  /// A command begins with a slash. One is said with a space before it.
  init(_ line: String) {
    let text = line.trimmingCharacters(in: .whitespaces)
    switch text {
    case "": self = .nothing
    case "/reset": self = .reset
    case "/exit", "/quit": self = .exit
    case "/help", "/?": self = .help
    default: self = line.hasPrefix("/") ? .unknown(text) : .question(line)
    }
  }

  static let commands = "/reset begins anew, /exit or Ctrl-D leaves, /help says this"
}
