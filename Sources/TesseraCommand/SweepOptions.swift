import ArgumentParser
import Tessera
import TesseraReport

/// `tessera report --sweep tokens`.
struct SweepOptions: ParsableArguments {
  enum Variable: String, CaseIterable, ExpressibleByArgument {
    case tokens
  }

  @Option(help: "Time the layer's linear maps against the number of tokens instead: tokens.")
  var sweep: Variable?
  @Option(parsing: .unconditional, help: ArgumentHelp("Most tokens of the sweep; else 2048.", valueName: "count"))
  var sweepLimit: Int?

  func validate() throws {
    guard sweep != nil || sweepLimit == nil else { throw ValidationError("--sweep-limit needs --sweep") }
  }

  func problem(hidden: Int, feedforward: Int) throws(TesseraError) -> SweepProblem {
    try SweepProblem(hidden: hidden, feedforward: feedforward, limit: sweepLimit ?? 2048)
  }
}
