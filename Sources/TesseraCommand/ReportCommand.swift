import ArgumentParser
import Foundation
import Tessera
import TesseraReport

/// Times an encoder layer or a decoder's and prints its tables, or sweeps linear maps over tokens.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Measure a transformer layer, operator by operator, and print its tables.",
    discussion: """
      An encoder layer's operators run in order, the unfused and each fused sequence in turn; each row is the median \
      of its own times. Sizes default to BERT-large's. With --model, the layers of a decoder run as in a generation: \
      all of a prompt, or one token. Progress goes to standard error.
      """)

  @Option(
    name: .customLong("pass"),
    help: """
      What runs: forward (an encoder layer's in training, the default), backward, or both (a training step); with \
      --model prefill or decode (the default then).
      """
  )
  var requestedPass: ReportedPass?
  @OptionGroup(title: "Encoder layer") var encoderOptions: EncoderOptions
  @OptionGroup(title: "Decoder") var decoderOptions: DecoderOptions
  @OptionGroup(title: "Sweep") var sweepOptions: SweepOptions
  @Option(parsing: .unconditional, help: "How often each sequence is timed.")
  var runs = 15
  @Option(help: "How the tables are printed.")
  var format: ReportFormat = .text
  @Option(
    help: ArgumentHelp("Write there instead of to standard output, whole or not at all.", valueName: "file"),
    completion: .file())
  var output: String?
  @OptionGroup var contextOptions: ContextOptions

  func validate() throws {
    guard runs >= 1 else { throw ValidationError("--runs: expected 1 or more, got \(runs)") }
    if decoderOptions.model != nil {
      guard pass.phase != nil else {
        throw ValidationError("--model: expected --pass prefill or decode with it, got \(pass.rawValue)")
      }
      let foreign = encoderOptions.given + (sweepOptions.sweep == nil ? [] : ["--sweep"])
      guard foreign.isEmpty else {
        throw ValidationError("\(foreign.joined(separator: ", ")): expected none with --model")
      }
      return
    }
    guard pass.phase == nil else {
      throw ValidationError("--pass \(pass.rawValue): expected --model FILE with it")
    }
    if sweepOptions.sweep != nil {
      guard !encoderOptions.layer else { throw ValidationError("--layer: expected none with --sweep") }
      guard encoderOptions.peer == nil else { throw ValidationError("--peer: expected none with --sweep") }
      guard pass == .forward else {
        throw ValidationError("--pass \(pass.rawValue): expected forward with --sweep")
      }
      for (option, isGiven) in [
        ("--fusion", encoderOptions.fusion != nil), ("--attention", encoderOptions.attention != nil),
        ("--configuration", encoderOptions.configuration != nil),
        ("--layer-activation", encoderOptions.layerActivation != nil),
        ("--recomputes-activated", encoderOptions.recomputesActivated),
      ] where isGiven { throw ValidationError("\(option): expected none with --sweep") }
      _ = try encoderOptions.sweepProblem(sweepOptions)
    } else {
      try encoderOptions.checkFusion()
      try encoderOptions.checkLayer(pass.ofLayer)
      _ = try encoderOptions.problem(pass.ofLayer)
      if pass != .forward {
        guard encoderOptions.configuration == nil else {
          throw ValidationError("--configuration: expected --pass forward with it, got \(pass.rawValue)")
        }
        guard encoderOptions.peer == nil || pass == .both else {
          throw ValidationError("--peer: expected --pass forward or both with it, got \(pass.rawValue)")
        }
      }
      if encoderOptions.attention != nil, let fusion = encoderOptions.fusion, !fusion.fusions.contains(.paper) {
        throw ValidationError("--attention: expected paper in --fusion with it")
      }
    }
  }

  private var pass: ReportedPass { requestedPass ?? (decoderOptions.model == nil ? .forward : .decode) }

  func run() throws {
    // Before the minutes of measuring.
    let file = try outputFile(output)
    let progress = ProgressLine()
    defer { progress.end() }
    let usesTerminalCodes = file == nil && isatty(STDOUT_FILENO) == 1
    let text =
      if let model = decoderOptions.model, let phase = pass.phase {
        try decoderText(model, phase, progress, usesTerminalCodes)
      } else if sweepOptions.sweep == nil {
        try layerText(progress, usesTerminalCodes)
      } else {
        try sweepText(progress, usesTerminalCodes)
      }
    try write(text, to: file)
  }

  private var origin: ReportOrigin { ReportOrigin(arguments: CommandLine.arguments) }

  private func layerText(_ progress: ProgressLine, _ usesTerminalCodes: Bool) throws -> String {
    let (problem, context) = (
      try encoderOptions.problem(pass.ofLayer), try contextOptions.context(measuresFastMemory: true)
    )
    let peer = try encoderOptions.peer.map {
      try PeerMeasurement(file: $0, problem: problem, threads: context.pool.threadCount)
    }
    let measurement = try LayerMeasurement(
      LayerTable(problem, pass: pass.ofLayer), fusions: encoderOptions.sequences(), encoderLayer: encoderOptions.layer,
      runs: runs, context: context, progress: { progress.show("report: " + $0) })
    progress.end()
    // Said here too, for formats that have no place for it and files that nobody looks at.
    if let warning = measurement.openBLAS.warning {
      warn(warning)
    }
    return try LayerReport(measurement, peer: peer)
      .rendered(as: format, usesTerminalCodes: usesTerminalCodes, origin: origin, draw: PictureDrawing().draw)
  }

  private func decoderText(
    _ model: String, _ phase: DecoderPhase, _ progress: ProgressLine, _ usesTerminalCodes: Bool
  ) throws -> String {
    let measurement = try DecoderMeasurement(
      try decoderOptions.problem(model, phase), runs: runs,
      context: try contextOptions.context(measuresFastMemory: true),
      progress: { progress.show("report: " + $0) })
    progress.end()
    return try DecoderReport(measurement).rendered(as: format, usesTerminalCodes: usesTerminalCodes, origin: origin)
  }

  private func sweepText(_ progress: ProgressLine, _ usesTerminalCodes: Bool) throws -> String {
    let sweep = try TokenSweep(
      try encoderOptions.sweepProblem(sweepOptions), runs: runs,
      context: try contextOptions.context(measuresFastMemory: true),
      progress: { progress.show("report: " + $0) })
    progress.end()
    return try sweep.rendered(
      as: format, usesTerminalCodes: usesTerminalCodes, origin: origin, draw: PictureDrawing().draw)
  }
}

/// What `--pass` takes.
enum ReportedPass: String, CaseIterable, ExpressibleByArgument {
  case forward, backward, both, prefill, decode

  /// nil: of an encoder layer.
  var phase: DecoderPhase? {
    switch self {
    case .forward, .backward, .both: nil
    case .prefill: .prefill
    case .decode: .decode
    }
  }

  /// Of an encoder layer; forward for a decoder's phases, which have no backward pass.
  var ofLayer: LayerPass {
    switch self {
    case .forward, .prefill, .decode: .forward
    case .backward: .backward
    case .both: .both
    }
  }
}

extension ReportFormat: ExpressibleByArgument {}
