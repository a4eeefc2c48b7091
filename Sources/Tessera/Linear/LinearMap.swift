/// A linear map inside an operator: the product, and what a call's input and weights must be.
struct LinearMap {
  let input: MatrixLayout
  let weight: MatrixLayout
  let form: LinearWeight.Form
  /// What errors call the weights of each right operand.
  let weightNames: [String]
  let product: GemmPlan
  let workspace: GemmWorkspace
  /// The operator that errors name.
  private let operation: String

  var rows: Int { input.rows }
  var columns: Int { weight.rows }
  var extents: Extents { [.rows: rows, .columns: columns, .depth: input.columns] }

  /// `epilogueMatrices`: as `GemmProblem` has it. A name for each right operand's weights, which lie alike.
  /// Throws where extents disagree or do not fit in memory. `outputRowStride` is of no use where sums go to an
  /// epilogue; whole rows go to the output after all where handing them on would cost the product much.
  init(
    _ descriptor: OperatorDescriptor, input: MatrixLayout, weight: MatrixLayout, form: LinearWeight.Form,
    outputRowStride: Int = 0, finish: GemmFinish = .output, epilogueMatrices: Int = 1,
    weightNames: [String] = ["weight"], workspace: GemmWorkspace, context: ExecutionContext
  ) throws(TesseraError) {
    operation = descriptor.name
    try input.check(
      rows: input.rows, columns: input.columns, count: .max, written: false, operation: operation, operand: "input")
    try weight.check(
      rows: weight.rows, columns: input.columns, count: .max, written: false, operation: operation,
      operand: weightNames[0])
    try descriptor.checkSize([.rows: input.rows, .columns: weight.rows, .depth: input.columns])
    (self.input, self.weight, self.form, self.workspace) = (input, weight, form, workspace)
    self.weightNames = weightNames
    let right: GemmRight
    switch form {
    case .rows: right = .rows(stride: weight.rowStride)
    case .packed: right = .packed
    case .stored(let type):
      try type.checkRow(input.columns, operation: operation, operand: "depth")
      right = .stored(type)
    }
    var problem = GemmProblem(
      rows: input.rows, columns: weight.rows, depth: input.columns, leftRowStride: input.rowStride, right: right,
      outputRowStride: outputRowStride, finish: finish, rights: weightNames.count, epilogueMatrices: epilogueMatrices)
    if finish == .rows, !GemmPlan.handsOnRowsWell(problem, context) { problem.finish = .output }
    product = try GemmPlan(problem, workspace: workspace, context: context)
  }

  /// What a call brings, checked: where its operands lie, and the product's pointers, without an output.
  func place(
    _ x: UnsafeBufferPointer<Float>, _ weight: LinearWeight
  ) throws(TesseraError) -> (input: PlacedMatrix, weight: PlacedMatrix, operands: GemmPlan.Operands) {
    try input.check(
      rows: input.rows, columns: input.columns, count: x.count, written: false, operation: operation, operand: "input")
    let (placed, first) = try placeWeight(weight, operand: weightNames[0])
    return (
      PlacedMatrix("input", x, input), placed,
      GemmPlan.Operands(left: x.baseAddress.map { $0 + input.offset }, right: first, output: nil)
    )
  }

  /// Where a call's weights lie, and their first element.
  func placeWeight(
    _ weight: LinearWeight, operand: String
  ) throws(TesseraError) -> (PlacedMatrix, UnsafeRawPointer?) {
    switch weight {
    case .rows(let elements) where form == .rows:
      try self.weight.check(
        rows: self.weight.rows, columns: self.weight.columns, count: elements.count, written: false,
        operation: operation, operand: operand)
      return (
        PlacedMatrix(operand, elements, self.weight),
        UnsafeRawPointer(elements.baseAddress.map { $0 + self.weight.offset })
      )
    case .rows: try check(weight, operation: operation, operand: operand)
    case .packed(let panels):
      try check(weight, operation: operation, operand: operand)
      return (placed(weight, operand: operand), UnsafeRawPointer(panels.panels.pointer))
    case .stored(let bytes):
      try check(weight, operation: operation, operand: operand)
      return (placed(weight, operand: operand), bytes.baseAddress)
    }
    preconditionFailure("weights of another form are refused")
  }

  /// Throws, in the name of the operator that this map is part of, unless the weights are those of the plan.
  func check(_ weight: LinearWeight, operation: String, operand: String) throws(TesseraError) {
    try weight.check(
      columns: columns, depth: input.columns, form, panelColumns: product.kernels.panelColumns,
      operation: operation, operand: operand)
  }

  /// Where such weights lie.
  func placed(_ weight: LinearWeight, operand: String) -> PlacedMatrix {
    weight.placed(operand, columns: columns, depth: input.columns)
  }
}
