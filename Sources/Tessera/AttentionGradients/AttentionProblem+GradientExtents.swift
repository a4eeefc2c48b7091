extension AttentionProblem {
  /// The extents of a backward call, `modifier` being forward's. Throws what is wrong with the problem or with that.
  func checkedGradientExtents(_ modifier: AttentionScoreModifier?) throws(TesseraError) -> Extents {
    let extents = try checkedExtents(for: Self.gradientsOperation)
    if let modifier, !modifier.isDifferentiable {
      throw .invalidOperand(
        operation: Self.gradientsOperation, operand: "modifier",
        expected: "one with a derivative, or one that only hides", actual: "one without a derivative")
    }
    guard keyValueType == .float32 else {
      throw .invalidOperand(
        operation: Self.gradientsOperation, operand: "keys", expected: "floats", actual: keyValueType.name)
    }
    return extents
  }
}
