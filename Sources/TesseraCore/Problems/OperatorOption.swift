/// What a call may have besides sizes and layouts. A descriptor says which of them its operator has; a request that
/// gives another is refused. The raw value is the option's name in errors and documentation.
public enum OperatorOption: String, CaseIterable, Sendable {
  /// `activation`: which of all
  case activation
  /// `weightType`: how weights are stored
  case weightType = "weights as stored"
  /// `scale`: what is multiplied by
  case scale
  /// `mask`: which columns a row of stored scores sees
  case mask
  /// `attention`: the problem's options and layouts
  case attention = "attention's options"
  /// `dropProbability`
  case dropout
  /// `epsilon`: what is added to the variance
  case epsilon
  /// `hasBias`: a call may lack it
  case bias
  /// `returnsSum`: inference may write it too, and its gradient be added
  case sum
  /// `transposesRight`
  case transposedRight = "transposed right operand"
  /// `packsWeights`: they are packed before the call
  case packedWeights = "packed weights"
  /// `rotary`
  case rotary = "rotary embedding's options"
  /// `sampling` and `recentTokens`
  case sampling = "sampling's options"
  /// `crossEntropy`
  case crossEntropy = "cross-entropy's options"
  /// `adamW`
  case adamW = "AdamW's options"
  /// `isInPlace`
  case inPlace = "output in place"
}

extension OperatorDescriptor {
  /// Throws for an option that the request gives and the operator does not have.
  public func checkOptions(_ request: OperatorRequest) throws(TesseraError) {
    for option in OperatorOption.allCases where request.options.contains(option) && !options.contains(option) {
      throw .invalidOperand(
        operation: name, operand: option.rawValue, expected: "none, the operator does not have it", actual: "one")
    }
  }
}
