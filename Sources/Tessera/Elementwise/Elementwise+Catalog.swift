extension OperatorEntry {
  static let bias = elementwise(.bias) { _ in [.bias] }
  static let scale = elementwise(.scale) { [.scale($0.scale)] }
  static let relu = elementwise(.relu) { _ in [.activation(.relu)] }
  static let gelu = elementwise(.gelu) { _ in [.activation(.gelu)] }
  static let geluTanh = elementwise(.geluTanh) { _ in [.activation(.geluTanh)] }
  static let silu = elementwise(.silu) { _ in [.activation(.silu)] }
  static let dropout = elementwise(.dropout) { request throws(TesseraError) in [.dropout(try request.dropout)] }
  static let residual = elementwise(.residual) { _ in [.residual] }

  static let biasActivationDropout = elementwise(.biasActivationDropout) { request throws(TesseraError) in
    [.bias, .activation(request.activation)] + (try trainingDropout(request))
  }
  static let biasDropoutResidual = elementwise(.biasDropoutResidual) { request throws(TesseraError) in
    [.bias] + (try trainingDropout(request)) + [.residual]
  }
  static let biasReLUResidual = elementwise(.biasReLUResidual) { _ in [.bias, .activation(.relu), .residual] }
  static let reGLU = elementwise(.reGLU) { _ in [.activation(.relu), .gate] }
  static let geGLU = elementwise(.geGLU) { _ in [.activation(.gelu), .gate] }
  static let geGLUTanh = elementwise(.geGLUTanh) { _ in [.activation(.geluTanh), .gate] }
  static let swiGLU = elementwise(.swiGLU) { _ in [.activation(.silu), .gate] }

  /// Inference drops nothing.
  private static func trainingDropout(_ request: OperatorRequest) throws(TesseraError) -> [ElementwisePlan.Stage] {
    let dropout = try request.dropout
    return request.mode == .training ? [.dropout(dropout)] : []
  }

  private static func elementwise(
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
