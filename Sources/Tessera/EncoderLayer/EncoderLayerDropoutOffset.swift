extension EncoderLayer {
  /// From now on calls in training draw their dropouts at this offset and the three after it, as a layer would that is
  /// planned with it: each step can draw anew without new plans. The backward pass of a call is to have its offset, and
  /// refuses what a call with another has kept. Without effect on a layer that drops nothing. Not while a call runs.
  /// Throws for an offset without room for three more; nothing has changed then.
  public func setDropoutOffset(_ offset: UInt32) throws(TesseraError) {
    try setProblem(problem.drawing(at: offset))
    guard let first = problem.dropout, problem.mode == .training else { return }
    attention.setDropoutOffset(first.offset(at: .attention))
    linear1.setDropoutOffset(first.offset(at: .feedforward))
    setDropoutOffsets(out: first.offset(at: .out), out2: first.offset(at: .out2))
  }
}

extension EncoderLayerBackward {
  /// As `EncoderLayer` has it: from now on calls go back through what a forward call dropped at this offset.
  public func setDropoutOffset(_ offset: UInt32) throws(TesseraError) {
    try setProblem(problem.drawing(at: offset))
    guard let first = problem.dropout else { return }
    attention.setDropoutOffset(first.offset(at: .attention))
    linear2.ofInput.setDropoutOffset(first.offset(at: .feedforward))
    setDropoutOffsets(
      out: first.offset(at: .out), feedforward: first.offset(at: .feedforward), out2: first.offset(at: .out2))
  }
}

extension Dropout {
  /// The offset of a layer's draws at a place, this one being that of the first.
  func offset(at place: EncoderLayerDropout) -> UInt32 { offset + place.rawValue }
}

extension EncoderLayerProblem {
  /// The same problem with another offset of its dropout.
  fileprivate func drawing(at offset: UInt32) -> EncoderLayerProblem {
    var problem = self
    problem.dropout = dropout?.at(offset: offset)
    return problem
  }
}
