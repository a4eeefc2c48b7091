import ArgumentParser
import Tessera
import TesseraReport

struct MachineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "machine",
    abstract: "Measure this machine's peaks and show which kernels were chosen for it.",
    discussion: """
      Peaks are medians over rounds that take turns, with the given threads and the machine's best instructions. \
      Bandwidths count loads and stores once each.
      """)

  @OptionGroup var options: ContextOptions

  @Option(help: "text or json.")
  var format: PlainFormat = .text

  @Option(help: ArgumentHelp("Rounds that each peak is the median of.", valueName: "count"))
  var rounds: Int = 15

  func validate() throws {
    guard rounds >= 1 else { throw ValidationError("--rounds: expected 1 or more, got \(rounds)") }
  }

  func run() throws {
    let context = try options.context()
    let measurement = try MachineMeasurement(pool: context.pool)
    measurement.sample(rounds: rounds - 1)
    let summary = MachineSummary(context: context, peaks: measurement.peaks)
    try StandardOutput.write((format == .text ? summary.text : try json(summary)) + "\n")
  }
}
