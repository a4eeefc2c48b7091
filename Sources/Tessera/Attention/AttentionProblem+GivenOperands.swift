extension AttentionProblem {
  /// Throws where the operand of an option is missing, or there is one of an option that the problem does not have.
  ///
  /// Options have the names of the problem's properties, which are not always the operands'.
  func checkGiven(
    bias hasBias: Bool, mask hasMask: Bool, slopes hasSlopes: Bool, sinks areThere: Bool, keeping keeps: Bool? = nil,
    operation: String
  ) throws(TesseraError) {
    for (operand, property, isGiven, isExpected) in [
      ("bias", "bias", hasBias, bias != nil), ("mask", "booleanMask", hasMask, booleanMask != nil),
      ("slopes", "slopes", hasSlopes, slopes != nil), ("sinks", "hasSinks", areThere, hasSinks),
      ("keeping", "writesLogSumExp", keeps ?? writesLogSumExp, writesLogSumExp),
    ] where isGiven != isExpected {
      throw .invalidOperand(
        operation: operation, operand: operand,
        expected: "\(isExpected ? "one" : "none"), as the problem's \(property) says",
        actual: isGiven ? "one" : "none")
    }
  }
}
