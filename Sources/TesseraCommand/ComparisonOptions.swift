import ArgumentParser
import Foundation
import Tessera
import TesseraReport

/// `tessera bench attention --against materialised`.
struct ComparisonOptions: ParsableArguments {
  enum Opponent: String, CaseIterable, ExpressibleByArgument {
    case materialised
  }

  @Option(help: "Alternate attention with our own recipe that stores the scores: materialised.")
  var against: Opponent?
  @Option(help: ArgumentHelp("Compare over the shapes of a CSV file instead of one.", valueName: "file"))
  var list: String?
  @Option(parsing: .unconditional, help: "Pairs of a comparison; else 15.")
  var pairs: Int?

  func validate() throws {
    guard against != nil || (list == nil && pairs == nil) else {
      throw ValidationError("--list and --pairs need --against")
    }
    if let pairs, pairs < 1 { throw ValidationError("--pairs: expected 1 or more, got \(pairs)") }
  }

  var pairCount: Int { pairs ?? 15 }

  func compare(_ problem: BenchProblem, context: ExecutionContext, format: PlainFormat) throws {
    let times = try AttentionComparison(problem, context: context).run(pairs: pairCount)
    try StandardOutput.write((format == .text ? times.text : try json(times)) + "\n")
  }

  /// Ends with status 1 where tiled attention is slower on a shape of the list.
  func compare(list: String, context: ExecutionContext, format: PlainFormat) throws {
    let shapes: [ComparisonShape]
    do { shapes = try ComparisonShape.list(try String(contentsOfFile: list, encoding: .utf8)) } catch {
      throw ValidationError("--list \(list): \(error is TesseraError ? "\(error)" : error.localizedDescription)")
    }
    let progress = ProgressLine()
    defer { progress.end() }
    let run = try ComparisonRun(
      shapes, pairs: pairCount, context: context,
      progress: { progress.show("bench: " + $0) })
    progress.end()
    try StandardOutput.write((format == .text ? run.text : try json(run)) + "\n")
    if !run.offenders.isEmpty { throw ExitCode.failure }
  }
}
