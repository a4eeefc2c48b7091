/// Throws unless a vector holds at least as many elements as the problem has.
package func checkVector(_ count: Int, expected: Int, operation: String, operand: String) throws(TesseraError) {
  guard count >= expected else {
    throw .invalidOperand(
      operation: operation, operand: operand, expected: "at least \(expected) elements", actual: "\(count)")
  }
}

/// Throws where a coordinate would not fit the 32-bit word of dropout's counter that it is put in.
package func checkCounterWords(planes: Int, rows: Int, columns: Int, operation: String) throws(TesseraError) {
  for (operand, extent) in [("planes", planes), ("rows", rows), ("columns", columns / 8)]
  where extent > Int(UInt32.max) {
    throw .invalidOperand(
      operation: operation, operand: operand, expected: "an extent that fits dropout's 32-bit counter words",
      actual: "\(extent)")
  }
}

extension BatchedMatrixLayout {
  /// Throws unless the planes are batch · heads matrices of these extents that fit in memory.
  package func checkHeads(
    batch: Int, heads: Int, rows: Int, columns: Int, operation: String, operand: String
  ) throws(TesseraError) {
    guard areWithinSizeLimit(batch, heads), planes == batch * heads, self.rows == rows, self.columns == columns else {
      throw .invalidOperand(
        operation: operation, operand: operand, expected: "\(batch) · \(heads) planes of \(rows) × \(columns)",
        actual: "\(planes) planes of \(self.rows) × \(self.columns)")
    }
    guard requiredCount != nil else {
      throw .invalidOperand(
        operation: operation, operand: operand, expected: "strides of 0 or more and a size that fits in memory",
        actual: "\(self)")
    }
  }
}

extension BatchedMatrixLayout {
  /// Throws unless no two elements share a place, as of an operand that is written.
  package func checkApart(operation: String, operand: String) throws(TesseraError) {
    guard elementsAreApart else {
      throw .invalidOperand(
        operation: operation, operand: operand, expected: "strides that keep written elements apart",
        actual: "\(self)")
    }
  }
}

extension OperatorDescriptor {
  /// Throws for extents that are negative, whose operands exceed the size limit, or whose operations cannot be counted.
  package func checkSize(_ extents: Extents) throws(TesseraError) {
    for extent in self.extents where !(0...maximumElementCount).contains(extents[extent]) {
      throw .invalidOperand(
        operation: name, operand: extent.rawValue,
        expected: "0 or more that fit in memory, at most \(maximumElementCount)",
        actual: "\(extents[extent])")
    }
    // Row-wise operators see all planes as one matrix, also where it has no columns.
    guard areWithinSizeLimit(extents[.planes], extents[.rows]) else {
      throw .invalidOperand(
        operation: name, operand: "planes",
        expected: "planes · rows that fit in memory, at most \(maximumElementCount)",
        actual: "\(extents)")
    }
    for operand in reads + constants + writes where (operand.shape.count.checked(extents) ?? .max) > maximumElementCount
    {
      throw .invalidOperand(
        operation: name, operand: operand.name,
        expected: "a size that fits in memory, at most \(maximumElementCount) elements",
        actual: "\(extents)")
    }
    guard floatingPointOperations.checked(extents) != nil else {
      throw .invalidOperand(
        operation: name, operand: "extents", expected: "operations that can be counted", actual: "\(extents)")
    }
  }
}
