extension RotaryEmbeddingPlan {
  static func check(
    _ table: RotaryTable, input: BatchedMatrixLayout, output: BatchedMatrixLayout, outputRows: Int,
    sequences: Int
  ) throws(TesseraError) {
    let name = OperatorDescriptor.rotaryEmbedding.name
    for (operand, layout, rows) in [("input", input, input.rows), ("output", output, outputRows)] {
      guard (layout.planes, layout.rows, layout.columns) == (input.planes, rows, input.columns),
        layout.requiredCount != nil
      else {
        throw .invalidOperand(
          operation: name, operand: operand,
          expected:
            "\(input.planes) × \(rows) × \(input.columns) that fit in memory, with strides of 0 or more",
          actual: "\(layout.planes) × \(layout.rows) × \(layout.columns)")
      }
    }
    guard output.elementsAreApart else {
      throw .invalidOperand(
        operation: name, operand: "output", expected: "strides that keep written elements apart", actual: "\(output)")
    }
    guard sequences == 0 ? input.planes == 0 : sequences > 0 && input.planes % sequences == 0 else {
      throw .invalidOperand(
        operation: name, operand: "sequences", expected: "a divisor of \(input.planes) planes", actual: "\(sequences)")
    }
    guard table.rotatedColumns <= input.columns else {
      throw .invalidOperand(
        operation: name, operand: "table", expected: "at most \(input.columns) rotated columns",
        actual: "\(table.rotatedColumns)")
    }
    try OperatorDescriptor.rotaryEmbedding.checkSize(
      [.planes: input.planes, .rows: input.rows, .columns: input.columns])
  }

  /// Whether the call is in place. Throws where memory is short or shared, or a position is not in the table.
  func check(
    _ input: UnsafeBufferPointer<Float>, _ output: UnsafeMutableBufferPointer<Float>, _ starts: [Int]?
  ) throws(TesseraError) -> Bool {
    let descriptor = OperatorDescriptor.rotaryEmbedding
    let (inputCount, outputCount) = (self.input.requiredCount!, self.output.requiredCount!)
    try checkVector(input.count, expected: inputCount, operation: descriptor.name, operand: "input")
    try checkVector(output.count, expected: outputCount, operation: descriptor.name, operand: "output")
    guard starts == nil || starts!.count == sequences else {
      throw .invalidOperand(
        operation: descriptor.name, operand: "starts", expected: "a position for each of \(sequences) sequences",
        actual: "\(starts!.count)")
    }
    // Without elements no position is looked up.
    let positions = writesAtPositions ? min(table.positions, self.output.rows) : table.positions
    let last = positions - self.input.rows
    if inputCount > 0,
      let start = starts.map({ starts in starts.first { $0 < 0 || $0 > last } }) ?? (last < 0 ? 0 : nil)
    {
      throw .invalidOperand(
        operation: descriptor.name, operand: "starts",
        expected: "positions from 0 whose \(self.input.rows) rows are among \(positions)",
        actual: "\(start)")
    }
    guard inputCount > 0 else { return false }
    let read = PlacedMatrix(
      "input", bytes: input.baseAddress.map { $0 + self.input.offset },
      count: ElementType.float32.byteCount(ofElements: inputCount - self.input.offset))
    let written = PlacedMatrix(
      "output", bytes: output.baseAddress.map { $0 + self.output.offset },
      count: ElementType.float32.byteCount(ofElements: outputCount - self.output.offset))
    guard written.overlaps(read) else { return false }
    guard UnsafePointer(output.baseAddress) == input.baseAddress, self.input.coincides(with: self.output),
      !writesAtPositions
    else {
      throw .invalidOperand(
        operation: descriptor.name, operand: "output",
        expected: "memory apart from input's, or exactly the same with the same layout",
        actual: "overlapping memory, \(self.input) and \(self.output)")
    }
    return true
  }
}
