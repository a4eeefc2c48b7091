import Tessera

extension VerificationCase {
  /// A case of attention; extents follow from the problem. Throws what is wrong with it.
  public init(_ problem: AttentionProblem, values: AttentionValues = .ordinary, note: String? = nil)
    throws(TesseraError)
  {
    self.init(try OperatorRequest(problem))
    attentionValues = values
    // Rounding of large scores is what the few probabilities that are neither 0 nor 1 consist of.
    comparesByTerms = [.wide, .large, .dominated].contains(values)
    notes = problem.options + (values == .ordinary ? [] : [values.rawValue]) + (note.map { [$0] } ?? [])
  }

  /// Where attention's operand of this name lies, if it has a layout.
  func attentionLayout(of operand: String) -> BatchedMatrixLayout? {
    guard let attention = request.attention else { return nil }
    return switch operand {
    case "queries": attention.queries
    case "keys": attention.keys
    case "values": attention.values
    case "output": attention.output
    case "bias": attention.bias
    case "mask": attention.booleanMask
    default: nil
    }
  }
}

extension AttentionProblem {
  /// The options that are set, in words.
  fileprivate var options: [String] {
    var options: [String] = []
    switch mask {
    case .full: break
    case .causal(let alignment): options.append("causal \(alignment.rawValue)")
    case .window(let left, let right, let alignment):
      options.append(
        "window \(left.map { "\($0)" } ?? "open"), \(right.map { "\($0)" } ?? "open") \(alignment.rawValue)")
    }
    if let keyLengths { options.append("key lengths \(keyLengths)") }
    if let softcap { options.append("softcap \(softcap)") }
    if bias != nil { options.append("bias") }
    if booleanMask != nil { options.append("Boolean mask") }
    if let dropout { options.append("drop probability \(dropout.probability)") }
    if let dropoutSequences { options.append("dropout sequences \(dropoutSequences)") }
    return options
  }
}
