import ArgumentParser
import Tessera
import TesseraReport

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Time one operator alone and say what its time is of the machine's best.",
    discussion: """
      Calls rotate over operands that together exceed twice the last-level cache, so that each finds its data in main \
      memory; --warm uses one set again and again. Peaks are measured before, between and after the timed calls. \
      Operators: \(OperatorCatalog.entries.map { $0.descriptor.label ?? $0.descriptor.name }.joined(separator: ", ")).
      """)

  @Argument(help: "Name or label of a catalog operator, in any case.")
  var `operator`: String

  @Option(parsing: .unconditional, help: "Rows, of each plane.")
  var rows: Int?
  @Option(parsing: .unconditional, help: "Columns.")
  var columns: Int?
  @Option(parsing: .unconditional, help: "Planes of a batched operator (batch times heads); 1 where left out.")
  var planes: Int?
  @Option(parsing: .unconditional, help: "What a contraction sums over.")
  var depth: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Probability of dropping an element, for operators that drop; else 0.1.", valueName: "p"))
  var dropout: Double?
  @Option(help: "Seed of the dropout.")
  var seed: UInt64 = 0
  @Option(help: "training or inference.")
  var mode: ExecutionMode = .training
  @Flag(help: "The right operand of a batched contraction is columns by depth.")
  var transposesRight = false
  @Flag(help: "The output is the input's memory.")
  var inPlace = false
  @Flag(help: "One set of operands, which may stay in the caches.")
  var warm = false
  @Option(parsing: .unconditional, help: "Timed calls.")
  var runs: Int = 50
  @Option(help: "text or json.")
  var format: PlainFormat = .text
  @OptionGroup var options: ContextOptions

  func run() throws {
    let given: [(Extent, Int?)] = [(.rows, rows), (.columns, columns), (.planes, planes), (.depth, depth)]
    let problem = try BenchProblem(
      operatorName: `operator`,
      extents: Dictionary(uniqueKeysWithValues: given.compactMap { pair in pair.1.map { (pair.0, $0) } }),
      dropProbability: dropout, seed: seed, mode: mode, transposesRight: transposesRight, isInPlace: inPlace,
      isWarm: warm, runs: runs)
    let result = try OperatorBench(problem, context: options.context()).run()
    switch format {
    case .text: print(result.text)
    case .json: print(try json(result))
    }
  }
}

extension ExecutionMode: ExpressibleByArgument {}
