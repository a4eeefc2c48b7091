/// Throws unless a vector holds at least as many elements as the problem has.
func checkVector(_ count: Int, expected: Int, operation: String, operand: String) throws(TesseraError) {
  guard count >= expected else {
    throw .invalidOperand(
      operation: operation, operand: operand, expected: "at least \(expected) elements", actual: "\(count)")
  }
}

/// Throws where a coordinate would not fit the 32-bit word of dropout's counter that it is put in.
func checkCounterWords(planes: Int, rows: Int, columns: Int, operation: String) throws(TesseraError) {
  for (operand, extent) in [("planes", planes), ("rows", rows), ("columns", columns / 8)]
  where extent > Int(UInt32.max) {
    throw .invalidOperand(
      operation: operation, operand: operand, expected: "an extent that fits dropout's 32-bit counter words",
      actual: "\(extent)")
  }
}
