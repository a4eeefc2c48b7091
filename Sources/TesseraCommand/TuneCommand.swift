import ArgumentParser
import Foundation
import Tessera
import TesseraReport

/// Measures how each place of an encoder layer can run, and chooses the cheapest whole.
struct TuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune", abstract: "Measure the configurations of an encoder layer and choose the fastest.",
    discussion: """
      For each product of the layer: what follows it riding on it or in a kernel of its own, tiles, blocks of rows, \
      packing; for queries, keys and values how they lie; for attention tiled or stored scores. The cheapest whole is \
      a shortest path through all of them. No result depends on it, but that stored scores round otherwise. Sizes \
      default to BERT-large's.
      """)

  @OptionGroup(title: "Encoder layer") var layerOptions: LayerOptions
  @Option(parsing: .unconditional, help: "How often each candidate is timed.")
  var runs = 9
  @Option(
    help: ArgumentHelp("Write what was chosen there, for report --configuration.", valueName: "file"),
    completion: .file())
  var output: String?
  @OptionGroup var contextOptions: ContextOptions

  func validate() throws {
    guard runs >= 1 else { throw ValidationError("--runs: expected 1 or more, got \(runs)") }
    _ = try layerOptions.problem()
  }

  func run() throws {
    // Before the minutes of measuring.
    let file = try output.map { try outputFile($0) }
    let progress = ProgressLine()
    defer { progress.end() }
    let tuning = try LayerTuning(
      try layerOptions.problem(), runs: runs, context: try contextOptions.context(measuresFastMemory: true),
      progress: { progress.show("tune: " + $0) })
    progress.end()
    try write(tuning.text(), to: nil)
    if let file { try write(try tuning.configuration.json(), to: file) }
  }
}
