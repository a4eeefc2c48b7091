/// How many tokens of each sequence the tensors are of. Nothing else in them says it: a backward pass of other lengths
/// would make wrong gradients of them.
extension EncoderLayerSavedTensors {
  /// Of memory that no forward call has written.
  static let noLength = -1

  /// What a forward call of this problem, which fits, writes from now on has its lengths.
  func noteLengths(of call: EncoderLayerProblem) {
    for sequence in 0..<call.batch { lengths.elements[sequence] = call.tokens(ofSequence: sequence) }
  }

  /// Throws where the forward call that wrote the tensors last had other lengths than a backward call of this problem,
  /// which fits.
  func checkLengths(of call: EncoderLayerProblem) throws(TesseraError) {
    for sequence in 0..<call.batch {
      let (kept, tokens) = (lengths.elements[sequence], call.tokens(ofSequence: sequence))
      guard kept == tokens || kept == Self.noLength else {
        throw .invalidOperand(
          operation: EncoderLayerProblem.backwardOperation, operand: "kept",
          expected: "tensors of a forward call with key length \(tokens) of sequence \(sequence)",
          actual: "those of one with \(kept)")
      }
    }
  }
}

extension EncoderLayerProblem {
  /// Those that are not padding.
  func tokens(ofSequence sequence: Int) -> Int { keyLengths?[sequence] ?? length }
}
