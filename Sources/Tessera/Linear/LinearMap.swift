/// A product with a linear map's weights inside an operator, and what a call's input and weights must be.
struct LinearMap {
  /// What such a product gives.
  enum Result {
    /// The map of an input of rows × depth: Σ_k input[r][k] · weight[c][k], rows × columns.
    case output
    /// The input's gradient from the output's, rows × columns: Σ_c outputGradient[r][c] · weight[c][k], rows × depth.
    case inputGradient
  }

  let result: Result
  /// What is multiplied by the weights: the map's input, or the gradient of its output.
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
  /// Columns of the result.
  var columns: Int { result == .output ? weight.rows : weight.columns }
  /// Those of the linear map, whatever the product gives of it.
  var extents: Extents { [.rows: rows, .columns: weight.rows, .depth: weight.columns] }
  private var inputName: String { result == .output ? "input" : "output-gradient" }

  /// `input` is what `result` has it be. `epilogueMatrices`: as `GemmProblem` has it. A name for each right operand's
  /// weights, which lie alike.
  /// Throws where extents disagree or do not fit in memory. `outputRowStride` is of no use where sums go to an
  /// epilogue; whole rows go to the output after all where handing them on would cost the product much.
  init(
    _ descriptor: OperatorDescriptor, _ result: Result = .output, input: MatrixLayout, weight: MatrixLayout,
    form: LinearWeight.Form, outputRowStride: Int = 0, finish: GemmFinish = .output, epilogueMatrices: Int = 1,
    weightNames: [String] = ["weight"], workspace: GemmWorkspace, context: ExecutionContext
  ) throws(TesseraError) {
    operation = descriptor.name
    (self.result, self.input, self.weight, self.form) = (result, input, weight, form)
    (self.weightNames, self.workspace) = (weightNames, workspace)
    let (inputName, isMap) = (result == .output ? "input" : "output-gradient", result == .output)
    try input.check(
      rows: input.rows, columns: input.columns, count: .max, written: false, operation: operation, operand: inputName)
    try weight.check(
      rows: isMap ? weight.rows : input.columns, columns: isMap ? input.columns : weight.columns, count: .max,
      written: false, operation: operation, operand: weightNames[0])
    try descriptor.checkSize([.rows: input.rows, .columns: weight.rows, .depth: weight.columns])
    let right: GemmRight
    switch form {
    case .rows: right = isMap ? .rows(stride: weight.rowStride) : .columns(stride: weight.rowStride)
    case .packed: right = .packed
    case .stored(let type):
      precondition(isMap, "stored weights are read for the map alone")
      try type.checkRow(input.columns, operation: operation, operand: "depth")
      right = .stored(type)
    }
    var problem = GemmProblem(
      rows: input.rows, columns: isMap ? weight.rows : weight.columns, depth: input.columns,
      leftRowStride: input.rowStride, right: right, outputRowStride: outputRowStride, finish: finish,
      rights: weightNames.count, epilogueMatrices: epilogueMatrices)
    if finish == .rows, !GemmPlan.handsOnRowsWell(problem, context) { problem.finish = .output }
    product = try GemmPlan(problem, workspace: workspace, context: context)
  }

  /// What a call brings, checked: where its operands lie, and the product's pointers, without an output.
  func place(
    _ x: UnsafeBufferPointer<Float>, _ weight: LinearWeight
  ) throws(TesseraError) -> (input: PlacedMatrix, weight: PlacedMatrix, operands: GemmPlan.Operands) {
    try input.check(
      rows: input.rows, columns: input.columns, count: x.count, written: false, operation: operation,
      operand: inputName)
    let (placed, first) = try placeWeight(weight, operand: weightNames[0])
    return (
      PlacedMatrix(inputName, x, input), placed,
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
      columns: columns, depth: input.columns, form, forInputGradient: result == .inputGradient,
      panelColumns: product.kernels.panelColumns, operation: operation, operand: operand)
  }

  /// Where such weights lie.
  func placed(_ weight: LinearWeight, operand: String) -> PlacedMatrix {
    weight.placed(operand, columns: columns, depth: input.columns)
  }
}
