extension OperatorDescriptor {
  /// A learned linear map of each row whose weights are read as the model file stores them; in place it adds to a
  /// residual. Weights of plain floats here: what others take follows from the request.
  public static let storedLinear = storedLinear(.float32, accumulates: false)

  /// Of weights of a type; with a residual that the map is added to.
  static func storedLinear(_ type: ElementType, accumulates: Bool) -> OperatorDescriptor {
    let residual = Operand("residual", .matrix(.rows, .columns), optional: true)
    return OperatorDescriptor(
      name: "stored-linear", operatorClass: .tensorContraction,
      formula: "output[r][c] = residual[r][c] + Σ_k input[r][k] · weight[c][k],  weight as stored in a model file",
      floatingPointOperations: Count(2, .rows, .columns, .depth),
      reads: [
        Operand("input", .matrix(.rows, .depth)),
        Operand("weight", .matrix(.columns, .depth), type, content: .stored, role: .parameter),
      ] + (accumulates ? [residual] : []), writes: [Operand("output", .matrix(.rows, .columns))],
      aliasing: ["output": ["residual"]], options: [.weightType])
  }
}
