import ArgumentParser
import Tessera
import TesseraReport

/// What `tessera report` measures an encoder layer with. All are optional, so that those that were given can be told.
struct EncoderOptions: ParsableArguments {
  @OptionGroup var sizes: LayerOptions
  @Option(
    help: ArgumentHelp(
      """
      What is fused in the sequences beside the unfused one, which always runs, as all is compared with it: paper \
      (the paper's kernels), full (all that follows a product rides on it); a list, such as paper,full, or unfused \
      alone for none; else paper,full.
      """,
      valueName: "list"))
  var fusion: FusionList?
  @Option(
    help: """
      Which attention the paper's sequence has: tiled, materialised (SM between two contractions), or both; else \
      tiled.
      """
  )
  var attention: ReportedAttention?
  @Flag(
    help: """
      Time the library's EncoderLayer as well, in training and inference, and its backward pass with --pass backward \
      or both, in turn with the sequences.
      """
  )
  var layer = false
  @Option(help: "With --layer: its activation, relu, gelu, gelu-tanh or silu; else relu, which the sequences have.")
  var layerActivation: Activation?
  @Flag(
    help: """
      With --layer, --pass backward or both and a --layer-activation other than relu: its result is not kept, the \
      backward pass makes it again.
      """
  )
  var recomputesActivated = false
  @Option(
    help: ArgumentHelp("Run what this file of tessera tune chose as well, in turn with the others.", valueName: "file"),
    completion: .file())
  var configuration: String?
  @Option(
    help: ArgumentHelp(
      "Another library's times of the same layer, as make peers writes them; not with --pass backward.",
      valueName: "file"),
    completion: .file())
  var peer: String?

  /// Options that were given, as they are written.
  var given: [String] {
    sizes.given
      + [
        ("--fusion", fusion != nil),
        ("--attention", attention != nil),
        ("--layer", layer), ("--layer-activation", layerActivation != nil),
        ("--recomputes-activated", recomputesActivated), ("--configuration", configuration != nil),
        ("--peer", peer != nil),
      ].compactMap { $1 ? $0 : nil }
  }

  func problem(_ pass: LayerPass) throws -> LayerProblem {
    try sizes.problem(
      withEncoderLayer: layer,
      EncoderLayerOptions(activation: layerActivation ?? .relu, recomputesActivated: recomputesActivated), pass: pass)
  }

  /// Throws where options of the library's own layer have none to be of, or would change nothing.
  func checkLayer(_ pass: LayerPass) throws {
    for (option, isGiven) in [
      ("--layer-activation", layerActivation != nil), ("--recomputes-activated", recomputesActivated),
    ] where isGiven && !layer { throw ValidationError("\(option) needs --layer") }
    guard recomputesActivated else { return }
    guard pass.hasBackward else {
      throw ValidationError("--recomputes-activated: expected --pass backward or both with it, got \(pass.rawValue)")
    }
    guard (layerActivation ?? .relu) != .relu else {
      throw ValidationError(
        "--recomputes-activated: expected --layer-activation gelu, gelu-tanh or silu with it, got relu")
    }
  }

  /// Throws for a list of sequences that has the word for none among others.
  func checkFusion() throws {
    guard let fusion, fusion.fusions.count > 1, fusion.fusions.contains(.unfused) else { return }
    throw ValidationError("--fusion: expected unfused alone, or paper, full or both, got \(fusion.argument)")
  }

  func sweepProblem(_ sweep: SweepOptions) throws -> SweepProblem {
    try namingOptions { () throws(TesseraError) in
      try sweep.problem(hidden: sizes.hidden ?? 1024, feedforward: sizes.feedforward ?? 4096)
    }
  }
}

extension EncoderOptions {
  /// The sequences beside the unfused one. Throws for a configuration that cannot be read.
  func sequences() throws -> [LayerFusion] {
    let wanted = fusion?.fusions ?? [.paper, .full]
    let fusions = wanted.flatMap { fusion -> [LayerFusion] in
      switch fusion {
      case .unfused: []
      case .paper: (attention ?? .tiled).sequences.map { .paper($0) }
      case .full: [.full]
      }
    }
    return try fusions + (configuration.map { [.tuned(try LayerConfiguration(file: $0))] } ?? [])
  }
}

/// What `--fusion` takes: words with commas between them.
struct FusionList: ExpressibleByArgument {
  enum Fusion: String, CaseIterable {
    case unfused, paper, full
  }

  /// In the order of the cases.
  let fusions: [Fusion]
  /// As it was given.
  let argument: String

  init?(argument: String) {
    self.argument = argument
    let words = argument.split(separator: ",", omittingEmptySubsequences: false).map { Fusion(rawValue: String($0)) }
    guard words.allSatisfy({ $0 != nil }) else { return nil }
    fusions = Fusion.allCases.filter(words.contains)
  }

  static var allValueStrings: [String] { Fusion.allCases.map(\.rawValue) }
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
