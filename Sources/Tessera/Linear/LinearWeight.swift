/// A linear map's weights as a call brings them.
enum LinearWeight {
  /// A row for each column of the output, as the plan's layout says.
  case rows(UnsafeBufferPointer<Float>)
  case packed(PackedWeights)
  /// Rows of stored blocks, without gaps.
  case stored(UnsafeRawBufferPointer)

  /// What a plan is made for.
  enum Form: Hashable {
    case rows, packed
    case stored(ElementType)

    var words: String {
      switch self {
      case .rows: "a matrix"
      case .packed: "packed weights"
      case .stored(let type): "weights stored as \(type.name)"
      }
    }
  }

  /// A call with the weights of a span.
  static func with(
    _ rows: Span<Float>, _ body: (LinearWeight) throws(TesseraError) -> Void
  ) throws(TesseraError) {
    try rows.withBuffer { rows throws(TesseraError) in try body(.rows(rows)) }
  }

  /// Throws unless these are the weights of a plan whose product has so many columns and such a depth.
  func check(
    columns: Int, depth: Int, _ form: Form, forInputGradient: Bool = false, panelColumns: Int, operation: String,
    operand: String
  ) throws(TesseraError) {
    switch (self, form) {
    case (.rows(let elements), .rows):
      try checkVector(elements.count, expected: columns * depth, operation: operation, operand: operand)
    case (.packed(let weight), .packed):
      try weight.check(
        columns: columns, depth: depth, forInputGradient: forInputGradient, panelColumns: panelColumns,
        operation: operation, operand: operand)
    case (.stored(let bytes), .stored(let type)):
      let needed = columns * type.rowBytes(depth)
      guard bytes.count >= needed else {
        throw .invalidOperand(
          operation: operation, operand: operand, expected: "at least \(needed) bytes of \(type.name)",
          actual: "\(bytes.count)")
      }
    default:
      throw .invalidOperand(
        operation: operation, operand: operand, expected: form.words + ", as planned", actual: words)
    }
  }

  private var words: String {
    switch self {
    case .rows: Form.rows.words
    case .packed: Form.packed.words
    case .stored: "stored weights"
    }
  }

  func placed(_ operand: String, columns: Int, depth: Int) -> PlacedMatrix {
    switch self {
    case .rows(let elements): PlacedMatrix(operand, elements, MatrixLayout(rows: columns, columns: depth))
    case .packed(let weight):
      PlacedMatrix(operand, bytes: weight.panels.elements.baseAddress, count: weight.byteCount)
    case .stored(let bytes): PlacedMatrix(operand, bytes: bytes.baseAddress, count: bytes.count)
    }
  }
}
