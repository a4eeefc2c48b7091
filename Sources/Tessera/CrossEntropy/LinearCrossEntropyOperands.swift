/// The memory of one call; gradients and what only they need are nil where the call wants none.
struct LinearCrossEntropyOperands {
  var input: UnsafeBufferPointer<Float>
  var weight: LinearWeight
  var weightForInputGradient: LinearWeight?
  var targets: UnsafeBufferPointer<Int32>
  var losses: UnsafeMutableBufferPointer<Float>
  var inputGradient: UnsafeMutableBufferPointer<Float>?
  var weightGradient: UnsafeMutableBufferPointer<Float>?
}

extension LinearCrossEntropyPlan {
  /// Throws unless the operands are those of the plan and lie apart, and targets are columns.
  func check(_ operands: LinearCrossEntropyOperands) throws(TesseraError) {
    let (name, rows, columns) = (descriptor.name, layouts.input.rows, layouts.weight.rows)
    let place = OperandPlacement(operation: name)
    guard (mode == .training) == (operands.inputGradient != nil) else {
      throw .invalidOperand(
        operation: name, operand: "input-gradient",
        expected: mode == .training ? "a place, the plan has gradients" : "none, the plan is for inference",
        actual: operands.inputGradient == nil ? "none" : "some")
    }
    let weight = try placed(operands.weight, forInputGradient: false)
    let second =
      if isPacked, let weight = operands.weightForInputGradient {
        try placed(weight, forInputGradient: true)
      } else {
        PlacedMatrix.absent
      }
    try checkVector(operands.targets.count, expected: rows, operation: name, operand: "targets")
    try checkVector(operands.losses.count, expected: rows, operation: name, operand: "losses")
    let ignored = options.ignoredTarget
    if let wrong = operands.targets.prefix(rows).first(where: { $0 != ignored && ($0 < 0 || Int($0) >= columns) }) {
      throw .invalidOperand(
        operation: name, operand: "targets", expected: "columns, 0 or more and below \(columns), or \(ignored)",
        actual: "\(wrong)")
    }
    let input = try place.matrix("input", operands.input, layouts.input)
    let inputGradient = try place.matrix("input-gradient", writing: operands.inputGradient, layouts.inputGradient)
    let weightGradient = try place.matrix("weight-gradient", writing: operands.weightGradient, layouts.weightGradient)
    let bytes = rows * MemoryLayout<Float>.stride
    try checkOverlap(
      descriptor,
      reads: [input, weight, second, PlacedMatrix("targets", bytes: operands.targets.baseAddress, count: bytes)],
      writes: [inputGradient, weightGradient, PlacedMatrix("losses", bytes: operands.losses.baseAddress, count: bytes)])
  }

  /// Where weights lie; throws unless they are the plan's.
  private func placed(_ weight: LinearWeight, forInputGradient: Bool) throws(TesseraError) -> PlacedMatrix {
    let (rows, columns) = (layouts.weight.rows, layouts.weight.columns)
    if case .rows(let elements) = weight, !isPacked {
      return try OperandPlacement(operation: descriptor.name).matrix("weight", elements, layouts.weight)
    }
    let (width, sum) = forInputGradient ? (columns, rows) : (rows, columns)
    try weight.check(
      columns: width, depth: sum, isPacked ? .packed : .rows, forInputGradient: forInputGradient,
      panelColumns: chunks[0].logits.kernels.panelColumns, operation: descriptor.name, operand: "weight")
    return weight.placed("weight", columns: width, depth: sum)
  }

  /// The first element of weights that were checked.
  func start(_ weight: LinearWeight) -> UnsafeRawPointer? {
    switch weight {
    case .rows(let elements): UnsafeRawPointer(elements.baseAddress.map { $0 + layouts.weight.offset })
    case .packed(let packed): UnsafeRawPointer(packed.panels.pointer)
    case .stored(let bytes): bytes.baseAddress
    }
  }
}
