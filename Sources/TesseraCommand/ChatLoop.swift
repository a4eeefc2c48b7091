import Foundation
import Tessera
import TesseraModels
import TesseraReport

/// Questions and answers until there are no more questions.
struct ChatLoop {
  private let conversation: Conversation
  /// nil where there is no terminal to edit lines at.
  private let terminal: TerminalLines?

  init(_ conversation: Conversation) {
    self.conversation = conversation
    terminal = TerminalLines.areThere ? TerminalLines() : nil
  }

  func run() throws {
    if terminal != nil { remark(ChatLine.commands) }
    while let line = try nextLine() {
      switch ChatLine(line) {
      case .nothing: continue
      case .exit: return
      case .help: remark(ChatLine.commands)
      case .reset:
        conversation.reset()
        remark("what was said is forgotten")
      case .unknown(let command): remark("\(command) is no command: \(ChatLine.commands)")
      case .question(let question): try answer(question)
      }
    }
  }

  /// nil where there are no more, or the user leaves by Ctrl-C: a second one with nothing between the two.
  private func nextLine() throws -> String? {
    guard let terminal else { return try StandardInput.line() }
    var wasInterrupted = false
    while true {
      switch try terminal.next(prompt: "> ") {
      case .text(let line): return line
      case .end: return nil
      case .interrupted(let hadText):
        if wasInterrupted, !hadText { return nil }
        wasInterrupted = !hadText
        if wasInterrupted { remark("Ctrl-C again leaves") }
      }
    }
  }

  private func answer(_ question: String) throws {
    let progress = ProgressLine(onTerminalOnly: true)
    defer { progress.end() }
    Interruption.expect(endsAtSecond: false)
    defer { Interruption.expectNoMore() }
    do {
      let answer = try conversation.answer(
        question,
        showing: { text in
          progress.end()
          try StandardOutput.write(text)
        },
        reading: { tokens, count in
          if count - tokens > Self.longPrompt { progress.show("chat: \(tokens) of \(counted(count, "token")) read") }
        }, isInterrupted: { Interruption.isRequested })
      progress.end()
      try StandardOutput.write("\n")
      say(answer)
    } catch let full as Conversation.Full {
      remark(
        "the conversation and this question are \(counted(full.tokens, "token")), and there is room for fewer than "
          + "\(full.positions): /reset begins anew, a larger --context remembers more")
    }
  }

  /// Why an answer is not whole.
  private func say(_ answer: Conversation.Answer) {
    switch answer.generated.end {
    case .interrupted: remark("interrupted")
    case .maximumTokens where answer.isCutByContext:
      remark(
        "the answer ends here because all \(counted(conversation.positions, "token")) of the context are taken: "
          + "/reset begins anew, a larger --context remembers more")
    case .maximumTokens:
      remark("the answer ends here after \(counted(answer.generated.tokens.count, "token")); --tokens allows more")
    default: break
    }
  }

  /// So many tokens are read at once.
  private static let longPrompt = 512
}
