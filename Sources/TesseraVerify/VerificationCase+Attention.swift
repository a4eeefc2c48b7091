import Tessera

extension VerificationCase {
  /// A case of attention; extents follow from the problem. Throws what is wrong with it.
  public init(_ problem: AttentionProblem, values: AttentionValues = .ordinary, note: String? = nil)
    throws(TesseraError)
  {
    self.init(try OperatorRequest(problem))
    attentionValues = values
    // Rounding of large scores is what the few probabilities that are neither 0 nor 1 consist of.
    comparesByTerms = [.wide, .large, .dominated].contains(values) || problem.slopes != nil
    notes =
      OptionFigures(request, of: .attention).words + (values == .ordinary ? [] : [values.rawValue])
      + (note.map { [$0] } ?? [])
  }

  /// Where attention's operand of this name lies, if it has a layout; of the bias's gradient each element once.
  func attentionLayout(of operand: String) -> BatchedMatrixLayout? {
    guard let attention = request.attention else { return nil }
    return switch operand {
    case "queries": attention.queries
    case "keys": attention.keys
    case "values": attention.values
    case "output": attention.output
    case "bias": attention.bias
    case "mask": attention.booleanMask
    case "output-gradient": attention.gradients.output
    case "queries-gradient": attention.gradients.queries
    case "keys-gradient": attention.gradients.keys
    case "values-gradient": attention.gradients.values
    case "bias-gradient": attention.gradients.bias?.distinctElements
    default: nil
    }
  }
}
