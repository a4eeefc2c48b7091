/// The place of the greatest element, the first of equals. NaN is passed over; of nothing but NaN it is 0.
///
/// Two passes, the second up to the place: faster than a chain of compares with the place in it.
func firstGreatest(_ row: UnsafePointer<Float>, count: Int) -> Int {
  firstPlace(of: greatest(row, count: count), in: row, count: count) ?? 0
}

/// The first place of a number; nil: it is not there.
func firstPlace(of wanted: Float, in row: UnsafePointer<Float>, count: Int) -> Int? {
  var column = 0
  while column + 8 <= count {
    let isEqual = loadLanes(row, at: column, of: count) .== SIMD8(repeating: wanted)
    if any(isEqual) { break }
    column += 8
  }
  while column < count {
    if row[column] == wanted { return column }
    column += 1
  }
  return nil
}

/// Throws unless a matrix of logits fits whose columns' numbers are Int32's.
func checkLogits(_ layout: MatrixLayout, count: Int, operation: String) throws(TesseraError) {
  try layout.check(
    rows: layout.rows, columns: layout.columns, count: count, written: false, operation: operation, operand: "input")
  guard layout.columns <= Int(Int32.max) else {
    throw .invalidOperand(
      operation: operation, operand: "input", expected: "at most \(Int32.max) columns", actual: "\(layout.columns)")
  }
}

/// A row's first element; nil: it has none.
func logits(_ input: UnsafeBufferPointer<Float>, _ layout: MatrixLayout, _ row: Int) -> UnsafePointer<Float>? {
  layout.columns == 0 ? nil : input.baseAddress! + layout.offset + row * layout.rowStride
}

/// Throws unless logits and output fit and lie apart.
func checkDrawn(
  _ descriptor: OperatorDescriptor, _ input: UnsafeBufferPointer<Float>, _ layout: MatrixLayout,
  _ output: UnsafeMutableBufferPointer<Int32>
) throws(TesseraError) {
  try checkLogits(layout, count: input.count, operation: descriptor.name)
  try checkVector(output.count, expected: layout.rows, operation: descriptor.name, operand: "output")
  try checkOverlap(
    descriptor, reads: [PlacedMatrix("input", input, layout)],
    writes: [PlacedMatrix("output", bytes: output.baseAddress, count: layout.rows * MemoryLayout<Int32>.stride)])
}
