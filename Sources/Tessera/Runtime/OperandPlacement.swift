/// Where the operands of one call lie: checks each against its layout. Errors name operator and operand.
struct OperandPlacement {
  let operation: String

  /// A matrix; absent where the call has none. Throws where its memory is too short.
  func matrix(
    _ name: String, _ buffer: UnsafeBufferPointer<Float>?, _ layout: MatrixLayout?, written: Bool = false
  ) throws(TesseraError) -> PlacedMatrix {
    guard let buffer, let layout else { return .absent }
    try layout.check(
      rows: layout.rows, columns: layout.columns, count: buffer.count, written: written, operation: operation,
      operand: name)
    return PlacedMatrix(name, buffer, layout)
  }

  func matrix(
    _ name: String, writing buffer: UnsafeMutableBufferPointer<Float>?, _ layout: MatrixLayout?
  ) throws(TesseraError) -> PlacedMatrix {
    try matrix(name, buffer.map { UnsafeBufferPointer($0) }, layout, written: true)
  }

  /// `count` values one after the other.
  func vector(
    _ name: String, _ buffer: UnsafeBufferPointer<Float>?, _ count: Int
  ) throws(TesseraError) -> PlacedMatrix {
    guard let buffer else { return .absent }
    try checkVector(buffer.count, expected: count, operation: operation, operand: name)
    return PlacedMatrix(name, buffer, MatrixLayout(rows: 1, columns: count))
  }

  func vector(
    _ name: String, writing buffer: UnsafeMutableBufferPointer<Float>?, _ count: Int
  ) throws(TesseraError) -> PlacedMatrix {
    try vector(name, buffer.map { UnsafeBufferPointer($0) }, count)
  }

  /// The layouts of a plan have these extents.
  func check(
    rows: Int, columns: Int, _ layouts: [(operand: String, layout: MatrixLayout?, isWritten: Bool)]
  ) throws(TesseraError) {
    for (operand, layout, isWritten) in layouts {
      try layout?.check(
        rows: rows, columns: columns, count: .max, written: isWritten, operation: operation, operand: operand)
    }
  }
}

extension UnsafeBufferPointer<Float> {
  /// The first element of a row as the layout says; nil for a matrix without elements.
  func start(_ layout: MatrixLayout, row: Int, column: Int = 0) -> UnsafePointer<Float>? {
    guard layout.rows > 0, layout.columns > 0 else { return nil }
    return baseAddress.map { $0 + layout.offset + row * layout.rowStride + column }
  }
}

extension UnsafeMutableBufferPointer<Float> {
  func start(_ layout: MatrixLayout, row: Int, column: Int = 0) -> UnsafeMutablePointer<Float>? {
    guard layout.rows > 0, layout.columns > 0 else { return nil }
    return baseAddress.map { $0 + layout.offset + row * layout.rowStride + column }
  }
}
