import Foundation
import Testing

/// `tessera generate` as a process, with a model of random weights that runs in a blink.
@Suite struct GenerateCommandTests {
  /// With a context of this many tokens a generation takes long enough to be interrupted.
  private static let long = 60_000

  private func generate(_ options: String, input: Data = Data(), contextLength: Int = 400, isInterrupted: Bool = false)
    throws -> CommandRun
  {
    try TinyModel.withFile(contextLength: contextLength, talks: true) {
      try CommandRun(
        "generate --model \($0) --threads 1 \(options)", standardInput: input, isInterrupted: isInterrupted)
    }
  }

  @Test func standardInputIsAPrompt() throws {
    let word = try generate("--raw --tokens 8 Hello-there")
    #expect(word.status == 0 && word.output.count > 1, "\(word.error)")
    for text in ["Hello-there", "Hello-there\n"] {
      let input = try generate("--raw --tokens 8 -", input: Data(text.utf8))
      #expect(input.status == 0 && input.output == word.output, "\(input.error)")
    }
    let both = try generate("--raw --tokens 8 - Hello-there", input: Data("Hello-there".utf8))
    #expect(both.output == "> Hello-there\n\(word.output)\n> Hello-there\n\(word.output)\n", "\(both.error)")
  }

  @Test func standardInputIsChecked() throws {
    let bytes = try generate("-", input: Data([0x48, 0xFF]))
    #expect(bytes.status == 1 && bytes.error.contains("standard input: expected UTF-8"), "\(bytes.error)")
    let large = try generate("-", input: Data(repeating: 0x61, count: (16 << 20) + 2))
    #expect(large.status == 1 && large.error.contains("standard input: expected at most 16 MiB"), "\(large.error)")
  }

  /// A folder without a model names what is expected.
  @Test func aFolderWithoutAModelIsRefused() throws {
    let run = try CommandRun("generate --raw --model / Hello")
    #expect(run.status == 1 && run.output.isEmpty)
    #expect(
      run.error
        == "Error: /: file: expected a GGUF file, or what training writes: model.safetensors, or the folder that has it, "
        + "got a folder without model.safetensors\n")
  }

  /// What was made until then, as complete JSON.
  @Test func figuresSurviveCtrlC() throws {
    let run = try generate(
      "--raw --tokens 50000 --stats json Hello", contextLength: Self.long, isInterrupted: true)
    #expect(run.status == 130, "\(run.error)")
    let figures = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    let sequence = try #require((figures["sequences"] as? [[String: Any]])?.first)
    #expect(sequence["end"] as? String == "interrupted")
    #expect(try #require(sequence["tokens"] as? [Int]).count < 50_000)
  }

  @Test func textEndsAtCtrlC() throws {
    let run = try generate("--raw --tokens 50000 Hello", contextLength: Self.long, isInterrupted: true)
    #expect(run.status == 130 && run.output.hasSuffix("\n") && run.error.isEmpty, "\(run.error)")
  }
}
