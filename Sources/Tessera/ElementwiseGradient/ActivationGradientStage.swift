import CTesseraKernels

/// The gradient of bias, activation and dropout for any rows and columns of a call: what a kernel is given. The
/// gradient that comes in is a matrix, or a product's finished sums.
struct ActivationGradientStage {
  struct Layouts {
    /// nil where what comes in is a product's.
    var outputGradient: MatrixLayout?
    /// That of the forward call's output, of ReLU, or its input.
    var saved: MatrixLayout
    var inputGradient: MatrixLayout
  }

  /// The call's memory.
  struct Operands {
    /// nil where what comes in is a product's.
    var outputGradient: UnsafeBufferPointer<Float>?
    var saved: UnsafeBufferPointer<Float>
    /// nil for ReLU.
    var bias: UnsafeBufferPointer<Float>?
    var inputGradient: UnsafeMutableBufferPointer<Float>
    /// nil where nobody asks for the sums.
    var biasGradient: UnsafeMutableBufferPointer<Float>?
  }

  let activation: Activation
  let layouts: Layouts
  let rows, columns: Int
  let rowsPerPlane: Int
  /// nil where nothing is dropped.
  var dropout: Dropout?
  let kernel: tsr_f32_activation_gradient_kernel

  /// Layouts cover `planes` planes, one after the other, in all `rows` rows. `savedName` is what errors call the matrix
  /// that forward left.
  init(
    _ activation: Activation, planes: Int, rows: Int, columns: Int, layouts: Layouts, dropout: Dropout?,
    operation: String, savedName: String, context: ExecutionContext
  ) throws(TesseraError) {
    (self.activation, self.layouts, self.rows, self.columns) = (activation, layouts, rows, columns)
    self.dropout = dropout.flatMap { $0.isIdentity ? nil : $0 }
    kernel = ElementwiseGradientKernels.variants.best(for: context.instructionSet).gradient(of: activation)
    guard (0...maximumElementCount).contains(planes), planes == 0 ? rows == 0 : rows % planes == 0 else {
      throw .invalidOperand(
        operation: operation, operand: "planes",
        expected: "a divisor of \(rows) rows, at most \(maximumElementCount)", actual: "\(planes)")
    }
    rowsPerPlane = planes == 0 ? 0 : rows / planes
    if self.dropout != nil {
      try checkCounterWords(planes: planes, rows: rowsPerPlane, columns: columns, operation: operation)
    }
    try OperandPlacement(operation: operation).check(
      rows: rows, columns: columns,
      [
        ("output-gradient", layouts.outputGradient, false), (savedName, layouts.saved, false),
        ("input-gradient", layouts.inputGradient, true),
      ])
  }

  /// A kernel's call for these rows, of one plane, and these columns; without sums, and without what comes in where
  /// that is a product's.
  func block(_ operands: Operands, rows: Range<Int>, columns: Range<Int>) -> tsr_activation_gradient_f32 {
    let (row, column) = (rows.lowerBound, columns.lowerBound)
    var block = tsr_activation_gradient_f32()
    (block.rows, block.columns) = (rows.count, columns.count)
    if let outputGradient = operands.outputGradient, let layout = layouts.outputGradient {
      block.output_gradient = outputGradient.start(layout, row: row, column: column)
      block.output_gradient_stride = layout.rowStride
    }
    block.saved = operands.saved.start(layouts.saved, row: row, column: column)
    block.saved_stride = layouts.saved.rowStride
    block.bias = operands.bias?.baseAddress.map { $0 + column }
    block.input_gradient = operands.inputGradient.start(layouts.inputGradient, row: row, column: column)
    block.input_gradient_stride = layouts.inputGradient.rowStride
    if let dropout {
      let plane = row / rowsPerPlane
      block.dropout = dropout.kernelArgument(plane: plane, row: row - plane * rowsPerPlane)
      block.dropout_block = UInt32(column / 8)
    }
    return block
  }

  /// Throws unless a call has the bias where its activation needs one.
  func checkPresence(ofBias isGiven: Bool, operation: String) throws(TesseraError) {
    guard isGiven == activation.gradientNeedsInput else {
      throw .invalidOperand(
        operation: operation, operand: "bias",
        expected: activation.gradientNeedsInput
          ? "\(columns) values" : "none, ReLU's gradient needs the output alone",
        actual: isGiven ? "some" : "nil")
    }
  }
}

extension ActivationGradientStage {
  /// The epilogue of a product whose sums are the gradient that comes in. One plane.
  func epilogue(_ operands: Operands, context: ExecutionContext) -> GemmEpilogue {
    let streams = ElementType.float32.byteCount(ofElements: 2 * rows * columns) > context.fastMemoryBytes
    let sharedRows = operands.bias == nil ? 0 : 1
    return GemmEpilogue(
      traffic: { rows, columns in
        let rowBytes = ElementType.float32.byteCount(ofElements: columns)
        return Traffic(readBytes: (rows + sharedRows) * rowBytes, writtenBytes: rows * rowBytes)
      },
      take: { sums, _ in
        var block = block(operands, rows: sums.rows, columns: sums.columns)
        (block.output_gradient, block.output_gradient_stride) = (sums.sums, sums.rowStride)
        block.streaming = streams
        kernel(&block)
      })
  }
}
