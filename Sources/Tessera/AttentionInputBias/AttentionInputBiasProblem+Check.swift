extension AttentionInputBiasProblem {
  /// Throws what is wrong with sizes and layouts.
  func check() throws(TesseraError) {
    let descriptor = OperatorDescriptor.attentionInputBias
    try descriptor.checkSize(extents)
    guard areWithinSizeLimit(batch, length) else {
      throw .invalidOperand(
        operation: descriptor.name, operand: "input", expected: "tokens that fit in memory",
        actual: "\(batch) · \(length)")
    }
    try input.check(
      rows: batch * length, columns: (queryHeads + 2 * keyValueHeads) * headDimension, count: .max, written: false,
      operation: descriptor.name, operand: "input")
    let outputs = outputs
    for index in outputs.indices {
      let (operand, layout, heads) = outputs[index]
      try layout.checkHeads(
        batch: batch, heads: heads, rows: length, columns: headDimension, operation: descriptor.name, operand: operand)
      guard layout.elementsAreApart, layout.stride(ofHeads: heads) != nil else {
        throw .invalidOperand(
          operation: descriptor.name, operand: operand,
          expected: "strides that keep written elements apart, and a sequence's heads at equal distances",
          actual: "\(layout)")
      }
    }
  }
}
