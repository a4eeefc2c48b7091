extension EncoderLayer {
  /// From now on sequences have these numbers of tokens, as in a layer that is planned with them as its problem's
  /// `keyLengths`: each batch can have its own without new plans. nil: L each. Attention alone is planned anew, and
  /// takes memory only where what it has is too small; lengths that are there already do nothing. The backward pass of
  /// a call is to have its lengths. Not while a call runs. Throws for lengths that the problem could not have, or where
  /// memory does not suffice; nothing has changed then.
  public func setKeyLengths(_ lengths: [Int]?) throws(TesseraError) {
    guard lengths != problem.keyLengths else { return }
    try setProblem(problem.padded(to: lengths), replansAttention: true)
  }
}

extension EncoderLayerBackward {
  /// As `EncoderLayer` has it: from now on calls go back through what a forward call did with these lengths.
  public func setKeyLengths(_ lengths: [Int]?) throws(TesseraError) {
    guard lengths != problem.keyLengths else { return }
    try setProblem(problem.padded(to: lengths), replansAttention: true)
  }
}

extension EncoderLayerProblem {
  /// The same problem with other lengths.
  fileprivate func padded(to lengths: [Int]?) -> EncoderLayerProblem {
    var problem = self
    problem.keyLengths = lengths
    return problem
  }
}
