import Tessera

/// The calls of an operator's training step that `tessera bench --pass` times: forward, then its gradients.
public struct PassProblem: Sendable {
  /// The forward call's.
  public let problem: BenchProblem
  public let pass: LayerPass
  /// What is timed, in order.
  package let parts: [BenchProblem]

  /// Throws for inference, which keeps nothing to go back from, and where gradients are asked for that the operator
  /// does not have, or that its one call gives.
  public init(_ problem: BenchProblem, pass: LayerPass) throws(TesseraError) {
    guard problem.request.mode == .training else {
      throw Self.invalid(expected: "training with it", actual: problem.request.mode.rawValue)
    }
    self.problem = problem
    self.pass = pass
    parts = (pass.hasForward ? [problem] : []) + (pass.hasBackward ? try Self.gradients(of: problem, pass) : [])
  }

  private static func gradients(of problem: BenchProblem, _ pass: LayerPass) throws(TesseraError) -> [BenchProblem] {
    let name = problem.entry.descriptor.name
    guard !OperatorCatalog.namesWithGradientsInTheirCall.contains(name) else {
      throw invalid(
        expected: "none, as one call of \(name) makes the loss and its gradients (tessera bench \(name) times that "
          + "call, and with --mode inference the loss alone)", actual: pass.rawValue)
    }
    guard let calls = try OperatorCatalog.gradientCalls(of: problem.entry, problem.request) else {
      throw invalid(
        expected: "an operator that has a backward pass: "
          + OperatorCatalog.namesWithGradients.joined(separator: ", "), actual: name)
    }
    return calls.map { call in
      var gradient = problem
      (gradient.entry, gradient.request) = (call.entry, call.request)
      return gradient
    }
  }

  private static func invalid(expected: String, actual: String) -> TesseraError {
    .invalidOperand(operation: "bench", operand: "pass", expected: expected, actual: actual)
  }
}
