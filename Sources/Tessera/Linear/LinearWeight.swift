/// A linear map's weights as a call of another operator brings them.
enum LinearWeight {
  /// A row for each column of the output, without gaps.
  case rows(UnsafeBufferPointer<Float>)
  case packed(PackedWeights)

  /// Throws unless these are the weights of a plan for so many columns and such a depth.
  func check(
    columns: Int, depth: Int, isPacked: Bool, panelColumns: Int, operation: String, operand: String
  ) throws(TesseraError) {
    switch self {
    case .rows(let elements) where !isPacked:
      try checkVector(elements.count, expected: columns * depth, operation: operation, operand: operand)
    case .packed(let weight) where isPacked:
      try weight.check(
        columns: columns, depth: depth, panelColumns: panelColumns, operation: operation, operand: operand)
    default:
      throw Self.notAsPlanned(isPacked: isPacked, operation: operation, operand: operand)
    }
  }

  /// The error of weights that came packed or not, and were planned the other way.
  static func notAsPlanned(isPacked: Bool, operation: String, operand: String) -> TesseraError {
    let (matrix, packed) = ("a matrix", "packed weights")
    return .invalidOperand(
      operation: operation, operand: operand, expected: (isPacked ? packed : matrix) + ", as planned",
      actual: isPacked ? matrix : packed)
  }

  func placed(_ operand: String, columns: Int, depth: Int) -> PlacedMatrix {
    switch self {
    case .rows(let elements):
      PlacedMatrix(operand, elements, MatrixLayout(rows: columns, columns: depth))
    case .packed(let weight):
      PlacedMatrix(operand, bytes: weight.panels.elements.baseAddress, count: weight.byteCount)
    }
  }
}
