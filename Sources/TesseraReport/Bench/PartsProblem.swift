import Tessera

/// What `tessera bench --pass` and `--apart` time in several calls: the calls of an operator's training step, forward
/// and then its gradients, and each packed sequence in calls of its own.
public struct PartsProblem: Sendable {
  /// That of the operator's one call of all sequences, with a pass the forward one.
  public let problem: BenchProblem
  /// nil where the operator alone is timed.
  public let pass: LayerPass?
  /// Whether packed sequences have calls of their own.
  public let isApart: Bool
  /// What is timed, in order: a call each, or one for each sequence.
  package let parts: [[BenchProblem]]

  /// Throws with a pass for inference, which keeps nothing to go back from, and where gradients are asked for that the
  /// operator does not have, or that its one call gives; apart where sequences are not packed, or share a bias or a
  /// Boolean mask.
  public init(_ problem: BenchProblem, pass: LayerPass?, isApart: Bool = false) throws(TesseraError) {
    guard pass == nil || problem.request.mode == .training else {
      throw Self.invalid(expected: "training with it", actual: problem.request.mode.rawValue)
    }
    self.problem = problem
    self.pass = pass
    self.isApart = isApart
    let forward = isApart ? try problem.apart() : [problem]
    var parts = pass?.hasForward ?? true ? [forward] : []
    if let pass, pass.hasBackward {
      let gradients = try forward.map { call throws(TesseraError) in try Self.gradients(of: call, pass) }
      parts += gradients[0].indices.map { index in gradients.map { $0[index] } }
    }
    self.parts = parts
  }

  /// All that a run calls, in order: part after part, each with all of its sequences.
  package var calls: [BenchProblem] { parts.flatMap { $0 } }

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
