import Foundation
import Testing

/// `tessera chat` as a process: at a terminal, and with lines that come through a pipe.
@Suite(.serialized) struct ChatCommandTests {
  /// What the editor sends before it waits for a line that is still empty.
  private static let prompt = "\r> \u{1B}[K\r\u{1B}[2C"

  private func atTerminal(
    _ options: String = "--tokens 4", contextLength: Int = 4000, _ body: (TerminalSession) throws -> Void
  ) throws {
    try TinyModel.withFile(contextLength: contextLength, talks: true) { model in
      let session = try TerminalSession("chat --model \(model) --threads 1 \(options)")
      try session.wait(for: Self.prompt)
      try body(session)
    }
  }

  @Test func linesAreEditedAndAnswered() throws {
    try atTerminal { (session) throws in
      session.type("Hellx\u{7F}o")
      try session.wait(for: "> Hello\u{1B}[K\r\u{1B}[7C")
      session.type("\u{1B}[D\u{1B}[D\u{1B}[D")
      try session.wait(for: "> Hello\u{1B}[K\r\u{1B}[4C")
      session.type("\r")
      try session.wait(for: "ends here after 4 tokens")
      try session.wait(for: Self.prompt)
      // The line before is there again.
      session.type("\u{1B}[A")
      try session.wait(for: "> Hello\u{1B}[K")
      session.type("\r")
      try session.wait(for: Self.prompt)
      session.type("/nothing\r")
      try session.wait(for: "/nothing is no command: /reset")
      session.type("/reset\r")
      try session.wait(for: "what was said is forgotten")
      session.type("/exit\r")
      #expect(try session.status() == 0)
    }
  }

  @Test func ctrlDLeaves() throws {
    try atTerminal { (session) throws in
      session.type("\u{4}")
      #expect(try session.status() == 0)
    }
  }

  @Test func ctrlCClearsALineAndTwiceLeaves() throws {
    try atTerminal { (session) throws in
      session.type("Hello\u{3}")
      try session.wait(for: Self.prompt)
      session.type("\u{3}")
      try session.wait(for: "Ctrl-C again leaves")
      try session.wait(for: Self.prompt)
      // Whatever comes between the two starts anew.
      session.type("x\u{3}")
      try session.wait(for: Self.prompt)
      session.type("\u{3}")
      try session.wait(for: "Ctrl-C again leaves")
      // Before the editor has the terminal, its driver would take the character.
      try session.wait(for: Self.prompt)
      session.type("\u{3}")
      #expect(try session.status() == 0)
    }
  }

  @Test func ctrlCEndsAnAnswerAndNotTheProgram() throws {
    try atTerminal("--tokens 50000 --context 60000", contextLength: 60_000) { (session) throws in
      session.type("Hello\r")
      try session.wait(for: "\u{1B}[?2004l\r\n")
      // An answer has begun when there is something after the line.
      while session.screen.isEmpty { try session.read() }
      session.interrupt()
      try session.wait(for: "interrupted")
      try session.wait(for: Self.prompt)
      session.type("/exit\r")
      #expect(try session.status() == 0)
    }
  }

  @Test func aFullContextIsSaid() throws {
    let line = String(repeating: "Hello ", count: 20)
    let run = try TinyModel.withFile(contextLength: 100, talks: true) {
      try CommandRun("chat --model \($0) --threads 1 --tokens 2", standardInput: Data("\(line)\nHi\n".utf8))
    }
    #expect(
      run.status == 0 && run.error.contains("there is room for fewer than 100: /reset begins anew"), "\(run.error)")
    #expect(run.error.contains("after 2 tokens"), "the next question is answered: \(run.error)")
    let cut = try TinyModel.withFile(contextLength: 100, talks: true) {
      try CommandRun(
        "chat --model \($0) --threads 1 --tokens 90 --context 60", standardInput: Data("Hi\n".utf8))
    }
    #expect(cut.error.contains("because all 60 tokens of the context are taken: /reset"), "\(cut.error)")
  }

  /// The same lines through a pipe give the same answers, and nothing of the editor.
  @Test func linesComeThroughAPipe() throws {
    let text = "Hello\n\n/help\nHello\n/exit\nnever asked\n"
    let run = try TinyModel.withFile(contextLength: 400, talks: true) {
      try CommandRun("chat --model \($0) --threads 1 --tokens 4", standardInput: Data(text.utf8))
    }
    #expect(run.status == 0 && !run.output.contains("\u{1B}"), "\(run.output)")
    #expect(run.error.matches(of: /after 4 tokens/).count <= 2 && run.error.contains("/reset begins anew"))
    #expect(run.output.matches(of: /\n/).count >= 2)
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let most = try TinyModel.withFile(talks: true) { try CommandRun("chat --model \($0) --context 41") }
    #expect(most.status == 64 && most.error.contains("--context: expected 1 to 40"), "\(most.error)")
    let silent = try TinyModel.withFile { try CommandRun("chat --model \($0)") }
    #expect(silent.status == 1 && !silent.error.isEmpty && silent.output.isEmpty)
  }
}
