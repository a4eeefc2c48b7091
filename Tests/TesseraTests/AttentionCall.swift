import Tessera
import Testing

/// An attention problem with operands of numbers in −1 ..< 1, where its layouts say.
struct AttentionCall {
  var problem: AttentionProblem
  var queries, keys, values: [Float]
  var bias: [Float]?
  var mask: [UInt8]?
  var slopes, sinks: [Float]?

  init(_ problem: AttentionProblem, seed: UInt64 = 1) throws {
    self.problem = problem
    func numbers(_ layout: BatchedMatrixLayout, _ stream: UInt64) throws -> [Float] {
      var numbers = [Float](repeating: 0, count: try #require(layout.requiredCount))
      numbers.withUnsafeMutableBufferPointer { fillUniform($0, seed: seed << 8 | stream) }
      return numbers
    }
    queries = try numbers(problem.queries, 0)
    keys = try numbers(problem.keys, 1)
    values = try numbers(problem.values, 2)
    bias = try problem.bias.map { try numbers($0, 3) }
    mask = try problem.booleanMask.map { try numbers($0, 4).map { $0 < 0 ? 0 : 1 } }
    if problem.slopes != nil {
      slopes = try numbers(BatchedMatrixLayout(planes: 1, rows: 1, columns: problem.slopeCount), 6).map { $0 / 4 }
    }
    if problem.hasSinks {
      sinks = try numbers(BatchedMatrixLayout(planes: 1, rows: 1, columns: problem.sinkCount), 7).map { $0 * 4 }
    }
  }

  struct Result: Equatable {
    var output: [Float]
    /// Empty where the problem does not want them.
    var logSumExp: [Float]

    /// So that not a number equals itself, and 0 not −0.
    static func == (left: Result, right: Result) -> Bool {
      func isSame(_ a: [Float], _ b: [Float]) -> Bool { a.map(\.bitPattern) == b.map(\.bitPattern) }
      return isSame(left.output, right.output) && isSame(left.logSumExp, right.logSumExp)
    }
  }

  /// Runs it on a plan of its own, or on the one given.
  func run(_ context: ExecutionContext, plan: AttentionPlan? = nil) throws -> Result {
    let plan = try plan ?? AttentionPlan(for: problem, context: context)
    var output = [Float](repeating: .nan, count: try #require(problem.output.requiredCount))
    let kept = problem.writesLogSumExp ? try AttentionSavedTensors(for: problem) : nil
    try plan.run(
      queries: queries.span, keys: keys.span, values: values.span, bias: bias?.span, mask: mask?.span,
      slopes: slopes?.span, sinks: sinks?.span, output: output.mutableSpan, keeping: kept)
    return Result(output: output, logSumExp: kept.map { Array($0.logSumExp.elements) } ?? [])
  }
}

/// A variant of this machine, and whether rows are few, keys split, or neither: what takes paths of its own.
struct AttentionPath: CustomStringConvertible, Sendable {
  let set: InstructionSet
  let queries: Int
  let keys: Int

  static let all = InstructionSet.available.flatMap { set in
    [(3, 37), (29, 83), (2, 1100)].map { AttentionPath(set: set, queries: $0.0, keys: $0.1) }
  }

  var description: String { "\(set.rawValue), \(queries) queries, \(keys) keys" }

  var context: ExecutionContext {
    get throws { ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set) }
  }

  /// Two sequences of four heads that share two key-value heads.
  func problem(_ change: (inout AttentionProblem) -> Void = { _ in }) -> AttentionProblem {
    var problem = AttentionProblem(
      batch: 2, queryHeads: 4, keyValueHeads: 2, queryLength: queries, keyLength: keys, headDimension: 24,
      valueDimension: 19)
    problem.writesLogSumExp = true
    change(&problem)
    return problem
  }
}

/// Records an issue where results differ by more than rounding.
func expectNear(
  _ actual: [Float], _ expected: [Float], tolerance: Float = 4e-6, _ comment: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.count == expected.count else {
    Issue.record("\(actual.count) elements for \(expected.count)", sourceLocation: sourceLocation)
    return
  }
  for (index, (actual, expected)) in zip(actual, expected).enumerated() {
    if actual == expected || (actual - expected).magnitude <= tolerance * max(1, expected.magnitude) { continue }
    Issue.record("\(comment) element \(index): \(actual) for \(expected)", sourceLocation: sourceLocation)
    return
  }
}
