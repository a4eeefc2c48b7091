import ArgumentParser
import Foundation
import Tessera
import TesseraReport

/// Times the encoder layer and prints its tables.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Measure a transformer encoder layer, unfused and fused, and print its tables.",
    discussion: """
      The layer's operators run in order, the unfused and each fused sequence in turn; each row is the median of its own \
      times. Extents default to BERT-large's. Progress goes to standard error.
      """)

  @Option(help: "Which half of a training step.")
  var pass: LayerPass = .forward
  // Unconditional, so that a negative number is refused as a number and not taken for an option.
  @Option(parsing: .unconditional, help: "Sequences.")
  var batch = 8
  @Option(parsing: .unconditional, help: "Tokens of a sequence.")
  var length = 512
  @Option(parsing: .unconditional, help: "Hidden width; a multiple of --heads.")
  var hidden = 1024
  @Option(parsing: .unconditional, help: "Attention heads.")
  var heads = 16
  @Option(parsing: .unconditional, help: "Width of the feed-forward half.")
  var feedforward = 4096
  @Option(parsing: .unconditional, help: "Drop probability of each of the four dropouts, 0 to 1.")
  var dropout = 0.1
  @Option(help: "Which attention the fused layer has: tiled, materialised (SM between two contractions), or both.")
  var attention: ReportedAttention = .both
  @Option(parsing: .unconditional, help: "How often each sequence is timed.")
  var runs = 15
  @Option(parsing: .unconditional, help: "Seed of the dropouts and of the numbers in inputs and parameters.")
  var seed: UInt64 = 1
  @Option(help: "How the tables are printed.")
  var format: ReportFormat = .text
  @Option(help: ArgumentHelp("Write there instead of to standard output, whole or not at all.", valueName: "file"))
  var output: String?
  @Option(
    help: ArgumentHelp("Another library's times of the same layer, as make peers writes them.", valueName: "file"))
  var peer: String?
  @OptionGroup var contextOptions: ContextOptions

  func validate() throws {
    guard runs >= 1 else { throw ValidationError("--runs: expected 1 or more, got \(runs)") }
    _ = try problem()
  }

  private func problem() throws -> LayerProblem {
    do {
      return try LayerProblem(
        batch: batch, length: length, hidden: hidden, heads: heads, feedforward: feedforward, dropout: dropout,
        seed: seed)
    } catch {
      guard case .invalidOperand(_, let operands, let expected, let actual) = error else { throw error }
      // Operands are named as their options are; where several are to blame, one after the other.
      let options = operands.split(separator: ", ").map { "--" + $0 }.joined(separator: ", ")
      throw ValidationError("\(options): expected \(expected), got \(actual)")
    }
  }

  private func outputFile() throws -> OutputFile? {
    guard let output else { return nil }
    do { return try OutputFile(output) } catch { throw ValidationError("--output: \(error)") }
  }

  func run() throws {
    // Before the minutes of measuring.
    let file = try outputFile()
    let (problem, context) = (try problem(), try contextOptions.context())
    let peer = try peer.map { try PeerMeasurement(file: $0, problem: problem, threads: context.pool.threadCount) }
    let progress = ProgressLine()
    defer { progress.end() }
    let measurement = try LayerMeasurement(
      LayerTable(problem), attention: attention.sequences, runs: runs, context: context,
      progress: { progress.show("report: " + $0) })
    let report = LayerReport(measurement, peer: peer)
    let toTerminal = file == nil && isatty(STDOUT_FILENO) == 1
    let text = try report.rendered(as: format, usesTerminalCodes: toTerminal)
    progress.end()
    if let file {
      try file.write(text)
    } else {
      FileHandle.standardOutput.write(Data(text.utf8))
    }
  }
}

/// What `--attention` takes.
enum ReportedAttention: String, CaseIterable, ExpressibleByArgument {
  case tiled, materialised, both

  var sequences: [LayerAttention] {
    switch self {
    case .tiled: [.tiled]
    case .materialised: [.materialised]
    case .both: LayerAttention.allCases
    }
  }
}

extension LayerPass: ExpressibleByArgument {}
extension ReportFormat: ExpressibleByArgument {}
