extension OperatorDescriptor {
  /// The gradients of output = max(gate, 0) · up
  public static let reGLUGradient = gatedGradient("reglu-gradient", .relu)
  /// The gradients of output = gelu(gate) · up
  public static let geGLUGradient = gatedGradient("geglu-gradient", .gelu)
  /// The gradients of output = gelu-tanh(gate) · up
  public static let geGLUTanhGradient = gatedGradient("geglu-tanh-gradient", .geluTanh)
  /// The gradients of output = silu(gate) · up
  public static let swiGLUGradient = gatedGradient("swiglu-gradient", .silu)

  /// The gradients of an activation's gated form.
  public static func gatedGradient(_ activation: Activation) -> OperatorDescriptor {
    switch activation {
    case .relu: reGLUGradient
    case .gelu: geGLUGradient
    case .geluTanh: geGLUTanhGradient
    case .silu: swiGLUGradient
    }
  }

  private static func gatedGradient(_ name: String, _ activation: Activation) -> OperatorDescriptor {
    let matrix = Operand.Shape.batchedMatrix(.rows, .columns)
    let function = activation.rawValue
    return OperatorDescriptor(
      name: name, operatorClass: .elementWise, fuses: [function, "activation-gradient", "gate"],
      formula: "gateGradient[r][c] = outputGradient[r][c] · up[r][c] · \(function)′(gate[r][c]),  "
        + "upGradient[r][c] = outputGradient[r][c] · \(function)(gate[r][c])",
      // Activation and derivative 0, products 3.
      floatingPointOperations: Count(3, .planes, .rows, .columns),
      reads: [Operand("output-gradient", matrix), Operand("gate", matrix), Operand("up", matrix)],
      writes: [Operand("gate-gradient", matrix), Operand("up-gradient", matrix)],
      aliasing: ["gate-gradient": ["gate"], "up-gradient": ["up"]])
  }
}

extension OperatorEntry {
  static let reGLUGradient = gatedGradient(.relu)
  static let geGLUGradient = gatedGradient(.gelu)
  static let geGLUTanhGradient = gatedGradient(.geluTanh)
  static let swiGLUGradient = gatedGradient(.silu)

  private static func gatedGradient(_ activation: Activation) -> OperatorEntry {
    OperatorEntry(.gatedGradient(activation), variants: ElementwiseGradientKernels.variants.map(\.instructionSet)) {
      request, context throws(TesseraError) in
      let (planes, columns) = (request.extents[.planes], request.extents[.columns])
      let rows = planes * request.extents[.rows]
      func layout(_ operand: String) -> MatrixLayout { request.layout(operand, rows: rows, columns: columns) }
      let plan = try GateGradientPlan(
        activation, planes: planes,
        layouts: .init(
          outputGradient: layout("output-gradient"), gate: layout("gate"), up: layout("up"),
          gateGradient: layout("gate-gradient"), upGradient: layout("up-gradient")), context: context)
      return PreparedOperator { buffers throws(TesseraError) in
        try plan.run(
          .init(
            outputGradient: buffers.input("output-gradient"), gate: buffers.input("gate"), up: buffers.input("up"),
            gateGradient: buffers.output("gate-gradient"), upGradient: buffers.output("up-gradient")))
      }
    }
  }
}
