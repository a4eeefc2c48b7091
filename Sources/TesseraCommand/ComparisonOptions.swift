import ArgumentParser
import Tessera
import TesseraReport

/// `tessera bench attention --against materialised`, and `tessera bench linear --against openblas`.
struct ComparisonOptions: ParsableArguments {
  enum Opponent: String, CaseIterable, ExpressibleByArgument {
    case materialised, openblas

    /// What it is another way of.
    var operatorName: String {
      switch self {
      case .materialised: OperatorDescriptor.attention.name
      case .openblas: OperatorDescriptor.linear.name
      }
    }
  }

  @Option(
    help: """
      Alternate attention with our own recipe that stores the scores (materialised), or linear with OpenBLAS \
      (openblas).
      """
  )
  var against: Opponent?
  @Option(
    help: ArgumentHelp("Compare over the shapes of a CSV file instead of one.", valueName: "file"), completion: .file())
  var list: String?
  @Option(parsing: .unconditional, help: "Pairs of a comparison; else 15.")
  var pairs: Int?

  func validate() throws {
    guard against != nil || (list == nil && pairs == nil) else {
      throw ValidationError("--list and --pairs need --against")
    }
    guard list == nil || against == .materialised else { throw ValidationError("--list needs --against materialised") }
    if let pairs, pairs < 1 { throw ValidationError("--pairs: expected 1 or more, got \(pairs)") }
  }

  /// Throws for another operator than the one that can be compared.
  func check(_ problem: BenchProblem) throws {
    guard let against, problem.descriptor.name != against.operatorName else { return }
    throw ValidationError(
      "--against \(against.rawValue): expected the operator \(against.operatorName), got \(problem.descriptor.name)")
  }

  private var pairCount: Int { pairs ?? 15 }

  func compare(
    _ problem: BenchProblem, against: Opponent, context: ExecutionContext, format: PlainFormat
  ) throws {
    let text: String
    switch against {
    case .materialised:
      let times = try AttentionComparison(problem, context: context).run(pairs: pairCount)
      text = format == .text ? times.text : try json(times)
    case .openblas:
      let result = try LinearComparison(problem, context: context).run(pairs: pairCount)
      text = format == .text ? result.text : try json(result)
    }
    try StandardOutput.write(text + "\n")
  }

  /// Ends with status 1 where tiled attention is slower on a shape of the list.
  func compare(list: String, context: ExecutionContext, format: PlainFormat) throws {
    let shapes = try ComparisonShape.list(file: list)
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
