extension OperatorEntry {
  static let bias = elementwise(.bias) { _ in .bias }
  static let scale = elementwise(.scale) { .scale($0.scale) }
  static let relu = elementwise(.relu) { _ in .relu }
  static let dropout = elementwise(.dropout) { request throws(TesseraError) in .dropout(try request.dropout) }
  static let residual = elementwise(.residual) { _ in .residual }

  private static func elementwise(
    _ descriptor: OperatorDescriptor,
    stage: @escaping @Sendable (OperatorRequest) throws(TesseraError) -> ElementwisePlan.Stage
  ) -> OperatorEntry {
    let operands = Set((descriptor.reads + descriptor.writes).map(\.name))
    return OperatorEntry(descriptor, variants: ElementwiseKernels.variants.map(\.instructionSet)) {
      request, context throws(TesseraError) in
      let (planes, columns) = (request.extents[.planes], request.extents[.columns])
      let rows = planes * request.extents[.rows]
      let layouts = ElementwisePlan.Layouts(
        input: request.layout("input", rows: rows, columns: columns),
        output: request.layout("output", rows: rows, columns: columns),
        residual: operands.contains("residual") ? request.layout("residual", rows: rows, columns: columns) : nil)
      let plan = try ElementwisePlan(try stage(request), planes: planes, layouts: layouts, context: context)
      return PreparedOperator { buffers throws(TesseraError) in
        try plan.run(
          .init(
            input: buffers.input("input"), output: buffers.output("output"),
            bias: operands.contains("bias") ? buffers.input("bias") : nil,
            residual: operands.contains("residual") ? buffers.input("residual") : nil,
            mask: operands.contains("mask") ? buffers.bytes("mask") : nil))
      }
    }
  }
}
