extension EncoderLayer {
  /// From now on calls in training draw their dropouts at this offset and the three after it, as a layer would that is
  /// planned with it: each step can draw anew without new plans. The backward pass of a call is to have its offset.
  /// Without effect on a layer that drops nothing. Not while a call runs. Throws for an offset without room for three
  /// more; nothing has changed then.
  public func setDropoutOffset(_ offset: UInt32) throws(TesseraError) {
    try setProblem(problem.drawing(at: offset))
    guard let first = problem.dropout, problem.mode == .training else { return }
    func number(_ place: EncoderLayerDropout) -> UInt32 { first.offset + place.rawValue }
    attention.setDropoutOffset(number(.attention))
    linear1.setDropoutOffset(number(.feedforward))
    setDropoutOffsets(out: number(.out), out2: number(.out2))
  }
}

extension EncoderLayerBackward {
  /// As `EncoderLayer` has it: from now on calls go back through what a forward call dropped at this offset.
  public func setDropoutOffset(_ offset: UInt32) throws(TesseraError) {
    try setProblem(problem.drawing(at: offset))
    guard let first = problem.dropout else { return }
    func number(_ place: EncoderLayerDropout) -> UInt32 { first.offset + place.rawValue }
    attention.setDropoutOffset(number(.attention))
    linear2.ofInput.setDropoutOffset(number(.feedforward))
    setDropoutOffsets(out: number(.out), feedforward: number(.feedforward), out2: number(.out2))
  }
}

extension EncoderLayerProblem {
  /// The same problem with another offset of its dropout.
  fileprivate func drawing(at offset: UInt32) -> EncoderLayerProblem {
    var problem = self
    problem.dropout = dropout?.at(offset: offset)
    return problem
  }
}
