import Tessera
import Testing

extension AttentionGradientCall {
  /// What both passes give.
  struct Passes: Equatable {
    var forward: AttentionCall.Result
    var gradients: Result
  }

  /// Forward and backward on plans of their own, with a modifier.
  func passes(_ context: ExecutionContext, modifier: AttentionScoreModifier? = nil) throws -> Passes {
    let kept = try AttentionSavedTensors(for: problem)
    func empty(_ layout: BatchedMatrixLayout) throws -> [Float] {
      [Float](repeating: .nan, count: try #require(layout.requiredCount))
    }
    var output = try empty(problem.output)
    try AttentionPlan(for: problem, modifier: modifier, context: context).run(
      queries: forward.queries.span, keys: forward.keys.span, values: forward.values.span, bias: forward.bias?.span,
      mask: forward.mask?.span, slopes: forward.slopes?.span, sinks: forward.sinks?.span, output: output.mutableSpan,
      keeping: kept)
    var queries = try empty(problem.gradients.queries)
    var keys = try empty(problem.gradients.keys)
    var values = try empty(problem.gradients.values)
    let parameters = try AttentionParameterGradients(for: problem)
    try AttentionGradientPlan(for: problem, modifier: modifier, context: context).run(
      queries: forward.queries.span, keys: forward.keys.span, values: forward.values.span, bias: forward.bias?.span,
      mask: forward.mask?.span, slopes: forward.slopes?.span, sinks: forward.sinks?.span, output: output.span,
      kept: kept, outputGradient: outputGradient.span, queriesGradient: queries.mutableSpan,
      keysGradient: keys.mutableSpan, valuesGradient: values.mutableSpan, parameters: parameters)
    return Passes(
      forward: AttentionCall.Result(output: output, logSumExp: Array(kept.logSumExp.elements)),
      gradients: Result(
        queries: queries, keys: keys, values: values, bias: Array(parameters.bias.elements),
        slopes: Array(parameters.slopes.elements), sinks: Array(parameters.sinks.elements)))
  }
}

/// Records an issue where both passes differ by more than rounding.
func expectNear(
  _ actual: AttentionGradientCall.Passes, _ expected: AttentionGradientCall.Passes, tolerance: Float,
  gradients gradientTolerance: Float, slopes slopesTolerance: Float = 1e-2, _ comment: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  for (name, actual, expected, tolerance) in [
    ("output", actual.forward.output, expected.forward.output, tolerance),
    ("log-sum-exp", actual.forward.logSumExp, expected.forward.logSumExp, tolerance),
    ("queries", actual.gradients.queries, expected.gradients.queries, gradientTolerance),
    ("keys", actual.gradients.keys, expected.gradients.keys, gradientTolerance),
    ("values", actual.gradients.values, expected.gradients.values, gradientTolerance),
    ("bias", actual.gradients.bias, expected.gradients.bias, gradientTolerance),
    ("slopes", actual.gradients.slopes, expected.gradients.slopes, slopesTolerance),
    ("sinks", actual.gradients.sinks, expected.gradients.sinks, gradientTolerance),
  ] {
    expectNear(actual, expected, tolerance: tolerance, "\(comment) \(name)", sourceLocation: sourceLocation)
  }
}
