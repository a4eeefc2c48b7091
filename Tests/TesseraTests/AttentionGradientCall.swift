import Tessera
import Testing

/// The gradients of an attention problem with operands of numbers in −1 ..< 1: forward, and what follows from it.
struct AttentionGradientCall {
  var forward: AttentionCall
  var outputGradient: [Float]

  init(_ problem: AttentionProblem, seed: UInt64 = 1) throws {
    var problem = problem
    problem.writesLogSumExp = true
    forward = try AttentionCall(problem, seed: seed)
    outputGradient = [Float](repeating: 0, count: try #require(problem.gradients.output.requiredCount))
    outputGradient.withUnsafeMutableBufferPointer { fillUniform($0, seed: seed << 8 | 5) }
  }

  var problem: AttentionProblem { forward.problem }

  struct Result: Equatable {
    var queries, keys, values: [Float]
    /// Empty where the problem does not have or want them.
    var bias, slopes, sinks: [Float]

    /// So that not a number equals itself, and 0 not −0.
    static func == (left: Result, right: Result) -> Bool {
      func isSame(_ a: [Float], _ b: [Float]) -> Bool { a.map(\.bitPattern) == b.map(\.bitPattern) }
      return isSame(left.queries, right.queries) && isSame(left.keys, right.keys) && isSame(left.values, right.values)
        && isSame(left.bias, right.bias) && isSame(left.slopes, right.slopes) && isSame(left.sinks, right.sinks)
    }

    var isFinite: Bool { [queries, keys, values, bias, slopes, sinks].allSatisfy { $0.allSatisfy(\.isFinite) } }
  }

  /// Forward's output and log-sum-exps.
  func forwardResult(_ context: ExecutionContext) throws -> (output: [Float], kept: AttentionSavedTensors) {
    var output = [Float](repeating: .nan, count: try #require(problem.output.requiredCount))
    let kept = try AttentionSavedTensors(for: problem)
    try AttentionPlan(for: problem, context: context).run(
      queries: forward.queries.span, keys: forward.keys.span, values: forward.values.span, bias: forward.bias?.span,
      mask: forward.mask?.span, slopes: forward.slopes?.span, sinks: forward.sinks?.span, output: output.mutableSpan,
      keeping: kept)
    return (output, kept)
  }

  /// Runs forward and the gradients, on a plan of its own, or on the one given.
  func run(_ context: ExecutionContext, plan: AttentionGradientPlan? = nil) throws -> Result {
    let (output, kept) = try forwardResult(context)
    let plan = try plan ?? AttentionGradientPlan(for: problem, context: context)
    func empty(_ layout: BatchedMatrixLayout) throws -> [Float] {
      [Float](repeating: .nan, count: try #require(layout.requiredCount))
    }
    var queries = try empty(problem.gradients.queries)
    var keys = try empty(problem.gradients.keys)
    var values = try empty(problem.gradients.values)
    let parameters = try AttentionParameterGradients(for: problem)
    for written in [parameters.bias, parameters.slopes, parameters.sinks] { written.elements.update(repeating: .nan) }
    try plan.run(
      queries: forward.queries.span, keys: forward.keys.span, values: forward.values.span, bias: forward.bias?.span,
      mask: forward.mask?.span, slopes: forward.slopes?.span, sinks: forward.sinks?.span, output: output.span,
      kept: kept,
      outputGradient: outputGradient.span, queriesGradient: queries.mutableSpan, keysGradient: keys.mutableSpan,
      valuesGradient: values.mutableSpan, parameters: parameters)
    return Result(
      queries: queries, keys: keys, values: values, bias: Array(parameters.bias.elements),
      slopes: Array(parameters.slopes.elements), sinks: Array(parameters.sinks.elements))
  }
}
