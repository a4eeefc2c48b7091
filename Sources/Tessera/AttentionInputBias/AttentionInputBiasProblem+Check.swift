extension AttentionInputBiasProblem {
  /// Throws what is wrong with sizes and layouts, in the name of the operator that asks.
  func check(operation: String) throws(TesseraError) {
    try OperatorDescriptor.attentionInputBias.checkSize(extents)
    guard areWithinSizeLimit(batch, length) else {
      throw .invalidOperand(
        operation: operation, operand: "input", expected: "tokens that fit in memory",
        actual: "\(batch) · \(length)")
    }
    try input.check(
      rows: batch * length, columns: (queryHeads + 2 * keyValueHeads) * headDimension, count: .max, written: false,
      operation: operation, operand: "input")
    let outputs = outputs
    for index in outputs.indices {
      let (operand, layout, heads) = outputs[index]
      try layout.checkHeads(
        batch: batch, heads: heads, rows: length, columns: headDimension, operation: operation, operand: operand)
      guard layout.elementsAreApart, layout.stride(ofHeads: heads) != nil else {
        throw .invalidOperand(
          operation: operation, operand: operand,
          expected: "strides that keep written elements apart, and a sequence's heads at equal distances",
          actual: "\(layout)")
      }
    }
  }
}
