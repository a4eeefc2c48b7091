import ArgumentParser
import Tessera
import TesseraReport

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Time one operator alone and say what its time is of the machine's best.",
    discussion: """
      Calls rotate over operands that together exceed four times what the processors' caches keep, so that each finds \
      its data in main memory; --warm uses one set again and again. Peaks are measured before, between and after the \
      timed calls. Sizes are options of their own names: --rows, --columns, --planes, --depth and --vocabulary, or \
      attention's from --batch to --value-dimension; those that an operator needs and does not get are asked for by \
      name, and tessera docs OPERATOR shows which operands they are of. Operators: \(catalogNames).
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

  @Option(parsing: .unconditional, help: "Rows of the table that embedding rows are taken from.")
  var vocabulary: Int?

  @OptionGroup(title: "Attention") var attention: AttentionOptions
  @OptionGroup(title: "Rotary embedding") var rotary: RotaryOptions
  @OptionGroup(title: "Comparison") var comparison: ComparisonOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Probability of dropping an element, for operators that drop; else 0.1, or 0 for attention.", valueName: "p"))
  var dropout: Double?
  @Option(help: "relu, gelu, gelu-tanh or silu, for an operator that takes any; else relu.")
  var activation: Activation?
  @Option(help: "Seed of the dropout.")
  var seed: UInt64 = 0
  @Option(help: "training or inference; else training, but inference for attention without --dropout or --pass.")
  var mode: ExecutionMode?
  @Option(
    help: """
      Time the operator's training step in parts: forward, backward (its gradients), or both, each call on operands \
      of its own. For operators that have gradients, by the forward one's name.
      """
  )
  var pass: LayerPass?
  @Flag(help: "The right operand of a batched contraction is columns by depth.")
  var transposesRight = false
  @Flag(help: "The weights of a linear map are packed before the calls.")
  var packed = false
  @Option(help: "Element type of stored weights, in any case; else F32.")
  var weight: ElementType?
  @Flag(help: "Of a fused norm: nothing is added to the input. Of a weight gradient: no bias gradient.")
  var withoutBias = false
  @Flag(help: "Of a fused norm: the sum is written in inference too.")
  var returnsSum = false
  @Flag(help: "The output is the input's memory.")
  var inPlace = false
  @Flag(help: "One set of operands, which may stay in the caches.")
  var warm = false
  @Option(parsing: .unconditional, help: "Timed calls; a comparison has --pairs.")
  var runs: Int = 50
  @Option(help: "text or json.")
  var format: PlainFormat = .text
  @OptionGroup var options: ContextOptions

  func validate() throws {
    for (option, isGiven) in [("--pass", pass != nil), ("--apart", attention.apart)] {
      guard !isGiven || comparison.against == nil else {
        throw ValidationError("\(option): expected none with --against")
      }
    }
    guard comparison.list == nil else { return try checkListed() }
    let problem = try problem()
    if try partsProblem(problem) == nil { try comparison.check(problem) }
    try checkGradients(problem)
  }

  func run() throws {
    if let list = comparison.list {
      try comparison.compare(list: list, context: try options.context(measuresFastMemory: true), format: format)
      return
    }
    let (problem, context) = (try problem(), try options.context(measuresFastMemory: true))
    // That extents do not fit together may show only when the call is planned.
    try namingSizes(of: problem) {
      if let against = comparison.against {
        try comparison.compare(problem, against: against, context: context, format: format)
      } else if let parts = try partsProblem(problem) {
        try bench(parts, context)
      } else {
        try bench(problem, context)
      }
    }
  }

  private func bench(_ problem: BenchProblem, _ context: ExecutionContext) throws {
    let progress = ProgressLine(onTerminalOnly: true)
    defer { progress.end() }
    let result = try OperatorBench(context: context).run(problem) { progress.show("bench: " + $0) }
    progress.end()
    try StandardOutput.write((format == .text ? result.text : try json(result)) + "\n")
  }

  private func bench(_ problem: PartsProblem, _ context: ExecutionContext) throws {
    let progress = ProgressLine(onTerminalOnly: true)
    defer { progress.end() }
    let result = try OperatorBench(context: context).run(problem) { progress.show("bench: " + $0) }
    progress.end()
    try StandardOutput.write((format == .text ? result.text : try json(result)) + "\n")
  }

  /// nil where one call is timed.
  private func partsProblem(_ problem: BenchProblem) throws -> PartsProblem? {
    guard pass != nil || attention.apart else { return nil }
    return try namingOptions(optionsOfOperands) { () throws(TesseraError) in
      try PartsProblem(problem, pass: pass, isApart: attention.apart)
    }
  }

  private func problem() throws -> BenchProblem {
    let descriptor = try catalogEntry(named: `operator`).descriptor
    return try namingOptions(optionsOfOperands) { () throws(TesseraError) in try problem(of: descriptor) }
  }

  private func problem(of descriptor: OperatorDescriptor) throws(TesseraError) -> BenchProblem {
    let given =
      [(.rows, rows), (.columns, columns), (.planes, planes), (.depth, depth), (.vocabulary, vocabulary)]
      + attention.extents
    return try BenchProblem(
      operatorName: `operator`,
      extents: Dictionary(uniqueKeysWithValues: given.compactMap { pair in pair.1.map { (pair.0, $0) } }),
      // Only training has gradients; attention without dropout would else be in inference.
      mode: mode ?? (pass == nil ? nil : .training), isWarm: warm, runs: runs
    ) { request throws(TesseraError) in
      try attention.configure(&request, of: descriptor)
      rotary.configure(&request, of: descriptor)
      request.seed = seed
      if let dropout { request.dropProbability = dropout }
      if let activation { request.activation = activation }
      if let weight { request.weightType = weight }
      (request.hasBias, request.returnsSum) = (!withoutBias, returnsSum)
      (request.transposesRight, request.packsWeights, request.isInPlace) = (transposesRight, packed, inPlace)
    }
  }

  /// The forward call computes no gradient; what asks for one would be ignored.
  private func checkGradients(_ problem: BenchProblem) throws {
    let name = problem.descriptor.name
    guard attention.biasGradient, name == OperatorDescriptor.attention.name, pass?.hasBackward != true else { return }
    throw ValidationError(
      "--bias-gradient: expected --pass backward or both with it, or the operator "
        + "\(OperatorDescriptor.attentionGradients.name), got \(name) "
        + (pass.map { "with --pass \($0.rawValue)" } ?? "without --pass"))
  }

  /// A list has its own operator, extents and options; a second word on them would be ignored.
  private func checkListed() throws {
    let name = try catalogEntry(named: `operator`).descriptor.name
    guard name == OperatorDescriptor.attention.name else {
      throw ValidationError("--list: expected the operator attention, got \(name)")
    }
    let isGiven =
      [rows, columns, planes, depth, vocabulary].contains { $0 != nil } || attention.extents.contains { $0.1 != nil }
      || attention.isGiven || rotary.isGiven || dropout != nil || activation != nil || mode != nil
      || seed != 0 || transposesRight || packed || weight != nil || withoutBias || returnsSum || inPlace
    guard !isGiven else {
      throw ValidationError("--list: expected no extents and no options of the operator beside it")
    }
  }
}

extension ExecutionMode: ExpressibleByArgument {}
extension LayerPass: ExpressibleByArgument {}
extension Activation: ExpressibleByArgument {}

extension ElementType: ExpressibleByArgument {
  /// The name that model files' tools write, in any case.
  public init?(argument: String) {
    guard let type = Self.weightTypes.first(where: { $0.name.lowercased() == argument.lowercased() }) else {
      return nil
    }
    self = type
  }

  public static var allValueStrings: [String] { weightTypes.map(\.name) }
  public static var allValueDescriptions: [String: String] { [:] }
}
