import Foundation
import Testing

/// The command in little address space, where what it does not need must not be asked for.
@Suite struct AddressSpaceTests {
  private static let model =
    ProcessInfo.processInfo.environment["TESSERA_MODEL"].flatMap { $0.isEmpty ? nil : $0 }
    ?? URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: ".build-models/SmolLM2-135M-Instruct.Q4_1.gguf").path

  /// A prompt of many rows, so that all kinds of linear maps run.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: model), "the model was not fetched"))
  func aPromptIsAnswered() throws {
    let prompt = String(repeating: "blue ", count: 40).split(separator: " ").joined(separator: "-")
    let run = try CommandRun(
      "generate --raw --tokens 3 --threads 2 --model \(Self.model) \(prompt)", addressSpace: 600_000)
    #expect(run.status == 0 && !run.output.isEmpty, "\(run.error)")
  }

  /// What is missing is said.
  @Test func aReportEnds() throws {
    let run = try CommandRun("report --runs 1", addressSpace: 600_000)
    #expect(run.status > 0 && run.error.contains("could not allocate"), "\(run.error)")
  }

  /// No room for the baseline's own memory.
  @Test func theBaselineEnds() throws {
    let run = try CommandRun(
      "bench linear --rows 4096 --columns 512 --depth 4 --against openblas --threads 16 --pairs 1",
      addressSpace: 900_000)
    // It may be the library itself that there is no room for.
    let isSaid = ["could not allocate", "failed to map segment"].contains { run.error.contains($0) }
    #expect(run.status > 0 && isSaid, "\(run.error)")
  }
}
