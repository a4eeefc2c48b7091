import Tessera

/// The calls of an operator's training step that `tessera bench --pass` times: forward, then its gradients.
public struct PassProblem: Sendable {
  /// The forward call's.
  public let problem: BenchProblem
  public let pass: LayerPass
  /// What is timed, in order.
  let parts: [BenchProblem]

  /// Throws for an operator other than attention and linear, and for one in inference, which keeps nothing to go back
  /// from.
  public init(_ problem: BenchProblem, pass: LayerPass) throws(TesseraError) {
    let name = problem.entry.descriptor.name
    let gradients: [BenchProblem]
    switch name {
    case OperatorDescriptor.attention.name: gradients = [try problem.gradient(.attentionGradients)]
    case OperatorDescriptor.linear.name:
      var weights = try problem.gradient(.linearWeightGradient)
      // The map has no bias, and in dW no weights are read.
      (weights.request.hasBias, weights.request.packsWeights) = (false, false)
      gradients = [try problem.gradient(.linearInputGradient), weights]
    default:
      throw Self.invalid(
        expected: "the operator \(OperatorDescriptor.attention.name) or \(OperatorDescriptor.linear.name)",
        actual: name)
    }
    guard problem.request.mode == .training else {
      throw Self.invalid(expected: "training with it", actual: problem.request.mode.rawValue)
    }
    self.problem = problem
    self.pass = pass
    parts = (pass.hasForward ? [problem] : []) + (pass.hasBackward ? gradients : [])
  }

  private static func invalid(expected: String, actual: String) -> TesseraError {
    .invalidOperand(operation: "bench", operand: "pass", expected: expected, actual: actual)
  }
}

extension BenchProblem {
  /// A gradient of the same extents and options.
  fileprivate func gradient(_ descriptor: OperatorDescriptor) throws(TesseraError) -> BenchProblem {
    var gradient = self
    gradient.entry = try OperatorCatalog.entry(named: descriptor.name)
    return gradient
  }
}
