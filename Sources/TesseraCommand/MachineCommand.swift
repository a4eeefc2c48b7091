import ArgumentParser
import Tessera
import TesseraReport

struct MachineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "machine",
    abstract: "Measure this machine's peaks and show which kernels were chosen for it.",
    discussion: """
      Peaks are medians over rounds that take turns, with the given threads and the machine's best instructions. \
      Bandwidths count loads and stores once each. The fast memory, by which bytes are counted and kinds of stores are \
      chosen, is measured where nobody has measured it before, and stored in the user's cache folder; \
      \(FastMemory.variable) sets another.
      """)

  @OptionGroup var options: ContextOptions

  @Option(help: "text or json.")
  var format: PlainFormat = .text

  @Option(help: ArgumentHelp("Rounds that each peak is the median of.", valueName: "count"))
  var rounds: Int = 15

  @Flag(help: "Measure the fast memory anew, show the rates that it follows from, and store it.")
  var fastMemory = false

  func validate() throws {
    guard rounds >= 1 else { throw ValidationError("--rounds: expected 1 or more, got \(rounds)") }
  }

  func run() throws {
    var context = try options.context()
    let workingSets: FastMemoryMeasurement?
    let capacity: FastMemory
    if fastMemory {
      let measured = try FastMemory.measure()
      (capacity, workingSets) = (measured.fastMemory, measured.measurement)
    } else {
      (capacity, workingSets) = (try options.fastMemory(), nil)
    }
    context.fastMemoryBytes = capacity.byteCount
    let measurement = try MachineMeasurement(pool: context.pool)
    measurement.sample(rounds: rounds - 1)
    let summary = MachineSummary(
      context: context, peaks: measurement.peaks, fastMemory: capacity, workingSets: workingSets)
    try StandardOutput.write((format == .text ? summary.text : try json(summary)) + "\n")
  }
}
