/// Which forward call the tensors are of: its lengths, and its dropout, which attention's tensors note. Nothing else in
/// them says it: a backward pass of another call, or of memory that none has written, would make wrong gradients.
extension EncoderLayerSavedTensors {
  /// Of memory that no forward call has written.
  static let noLength = -1

  /// What is written from now on is of a forward call of this problem, which fits.
  package func noteCall(of call: EncoderLayerProblem) {
    for sequence in 0..<call.batch { lengths.elements[sequence] = call.tokens(ofSequence: sequence) }
    attention.draws.note(call.dropout)
  }

  /// Throws where no forward call has written the tensors, and where the last one that has had another dropout or other
  /// lengths than a backward call of this problem, which fits.
  func checkCall(of call: EncoderLayerProblem) throws(TesseraError) {
    try attention.draws.check(call.dropout, operation: EncoderLayerProblem.backwardOperation)
    for sequence in 0..<call.batch {
      let (kept, tokens) = (lengths.elements[sequence], call.tokens(ofSequence: sequence))
      guard kept == tokens else {
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
