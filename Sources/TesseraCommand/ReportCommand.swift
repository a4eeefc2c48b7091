import ArgumentParser
import Foundation
import Tessera
import TesseraReport

/// Times the encoder layer and prints its tables, or sweeps its linear maps over tokens.
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
  @Flag(help: "Time the library's EncoderLayer as well, in training and inference, in turn with the sequences.")
  var layer = false
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
  @OptionGroup var sweepOptions: SweepOptions
  @OptionGroup var contextOptions: ContextOptions

  func validate() throws {
    guard runs >= 1 else { throw ValidationError("--runs: expected 1 or more, got \(runs)") }
    if sweepOptions.sweep != nil {
      guard !layer else { throw ValidationError("--layer: expected none with --sweep") }
      guard peer == nil else { throw ValidationError("--peer: expected none with --sweep") }
      _ = try sweepProblem()
    } else {
      _ = try problem()
    }
  }

  private func problem() throws -> LayerProblem {
    try namingOptions { () throws(TesseraError) in
      try LayerProblem(
        batch: batch, length: length, hidden: hidden, heads: heads, feedforward: feedforward, dropout: dropout,
        seed: seed, withEncoderLayer: layer)
    }
  }

  private func sweepProblem() throws -> SweepProblem {
    try namingOptions { () throws(TesseraError) in
      try sweepOptions.problem(hidden: hidden, feedforward: feedforward)
    }
  }

  /// Operands are named as their options are; where several are to blame, one after the other.
  private func namingOptions<Problem>(_ make: () throws(TesseraError) -> Problem) throws -> Problem {
    do { return try make() } catch {
      guard case .invalidOperand(_, let operands, let expected, let actual) = error else { throw error }
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
    let progress = ProgressLine()
    defer { progress.end() }
    let usesTerminalCodes = file == nil && isatty(STDOUT_FILENO) == 1
    let text =
      sweepOptions.sweep == nil
      ? try layerText(progress, usesTerminalCodes) : try sweepText(progress, usesTerminalCodes)
    if let file {
      try file.write(text)
    } else {
      FileHandle.standardOutput.write(Data(text.utf8))
    }
  }

  private func layerText(_ progress: ProgressLine, _ usesTerminalCodes: Bool) throws -> String {
    let (problem, context) = (try problem(), try contextOptions.context())
    let peer = try peer.map { try PeerMeasurement(file: $0, problem: problem, threads: context.pool.threadCount) }
    let measurement = try LayerMeasurement(
      LayerTable(problem), attention: attention.sequences, encoderLayer: layer, runs: runs, context: context,
      progress: { progress.show("report: " + $0) })
    progress.end()
    return try LayerReport(measurement, peer: peer)
      .rendered(as: format, usesTerminalCodes: usesTerminalCodes, draw: PictureDrawing().draw)
  }

  private func sweepText(_ progress: ProgressLine, _ usesTerminalCodes: Bool) throws -> String {
    let sweep = try TokenSweep(
      try sweepProblem(), runs: runs, context: try contextOptions.context(),
      progress: { progress.show("report: " + $0) })
    progress.end()
    return try sweep.rendered(as: format, usesTerminalCodes: usesTerminalCodes, draw: PictureDrawing().draw)
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
