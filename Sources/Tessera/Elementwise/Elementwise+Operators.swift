extension OperatorDescriptor {
  private static let input = Operand("input", .batchedMatrix(.rows, .columns))
  private static let output = Operand("output", .batchedMatrix(.rows, .columns))
  private static let perElement = Count(1, .planes, .rows, .columns)

  /// output = input + bias
  public static let bias = OperatorDescriptor(
    name: "bias", operatorClass: .elementWise, formula: "output[r][c] = input[r][c] + bias[c]",
    floatingPointOperations: perElement,
    reads: [input, Operand("bias", .vector(.columns), role: .parameter)], writes: [output],
    aliasing: ["output": ["input"]])

  /// output = input · scale
  public static let scale = OperatorDescriptor(
    name: "scale", operatorClass: .elementWise, formula: "output[r][c] = scale · input[r][c]",
    floatingPointOperations: perElement, reads: [input], writes: [output], aliasing: ["output": ["input"]],
    options: [.scale])

  /// output = max(input, 0)
  public static let relu = activation(.relu, "max(input[r][c], 0)")
  /// output = input · Φ(input), Φ the normal distribution
  public static let gelu = activation(.gelu, "input[r][c] · (1 + erf(input[r][c] / √2)) / 2")
  /// The approximation of GELU with tanh.
  public static let geluTanh = activation(
    .geluTanh, "input[r][c] · (1 + tanh(√(2/π) · (input[r][c] + 0.044715 · input[r][c]³))) / 2")
  /// output = input · sigmoid(input)
  public static let silu = activation(.silu, "input[r][c] / (1 + exp(−input[r][c]))")

  /// The unfused operator of an activation. By the paper's convention for ReLU an activation has no FLOPs.
  public static func activation(_ activation: Activation) -> OperatorDescriptor {
    switch activation {
    case .relu: relu
    case .gelu: gelu
    case .geluTanh: geluTanh
    case .silu: silu
    }
  }

  private static func activation(_ activation: Activation, _ formula: String) -> OperatorDescriptor {
    OperatorDescriptor(
      name: activation.rawValue, operatorClass: .elementWise, formula: "output[r][c] = " + formula,
      floatingPointOperations: Count(0), reads: [input], writes: [output], aliasing: ["output": ["input"]])
  }

  /// output = kept ? input / (1 − p) : 0, with the mask stored
  public static let dropout = OperatorDescriptor(
    name: "dropout", operatorClass: .elementWise,
    formula: "output[p][r][c] = mask[p][r][c] · input[p][r][c] / (1 − p_effective)",
    floatingPointOperations: perElement, dropoutDraws: perElement, reads: [input],
    writes: [output, Operand("mask", .batchedMatrix(.rows, .columns), .uint8, role: .mask)],
    aliasing: ["output": ["input"]])

  /// output = input + residual
  public static let residual = OperatorDescriptor(
    name: "residual", operatorClass: .elementWise, formula: "output[r][c] = input[r][c] + residual[r][c]",
    floatingPointOperations: perElement,
    reads: [input, Operand("residual", .batchedMatrix(.rows, .columns))], writes: [output],
    aliasing: ["output": ["input"]])
}

extension OperatorEntry {
  static let bias = elementwise(.bias) { _ in [.bias] }
  static let scale = elementwise(.scale) { [.scale($0.scale)] }
  static let relu = elementwise(.relu) { _ in [.activation(.relu)] }
  static let gelu = elementwise(.gelu) { _ in [.activation(.gelu)] }
  static let geluTanh = elementwise(.geluTanh) { _ in [.activation(.geluTanh)] }
  static let silu = elementwise(.silu) { _ in [.activation(.silu)] }
  static let dropout = elementwise(.dropout) { request throws(TesseraError) in [.dropout(try request.dropout)] }
  static let residual = elementwise(.residual) { _ in [.residual] }

  static func elementwise(
    _ descriptor: OperatorDescriptor,
    stages: @escaping @Sendable (OperatorRequest) throws(TesseraError) -> [ElementwisePlan.Stage]
  ) -> OperatorEntry {
    let names = (descriptor.reads + descriptor.writes).map(\.name)
    let input = descriptor.reads[0].name
    let second = ["residual", "up"].first(where: names.contains)
    return OperatorEntry(descriptor, variants: ElementwiseKernels.variants.map(\.instructionSet)) {
      request, context throws(TesseraError) in
      let (planes, columns) = (request.extents[.planes], request.extents[.columns])
      let rows = planes * request.extents[.rows]
      let layouts = ElementwisePlan.Layouts(
        input: request.layout(input, rows: rows, columns: columns),
        output: request.layout("output", rows: rows, columns: columns),
        second: second.map { request.layout($0, rows: rows, columns: columns) })
      let plan = try ElementwisePlan(
        descriptor, try stages(request), planes: planes, layouts: layouts, context: context)
      return PreparedOperator { buffers throws(TesseraError) in
        try plan.run(
          .init(
            input: buffers.input(input), output: buffers.output("output"),
            bias: names.contains("bias") ? buffers.input("bias") : nil, second: second.map { buffers.input($0) },
            mask: names.contains("mask") ? buffers.bytes("mask") : nil))
      }
    }
  }
}
