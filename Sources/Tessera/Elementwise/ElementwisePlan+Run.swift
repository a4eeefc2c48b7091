import CTesseraKernels

extension ElementwisePlan {
  /// The call's memory; what the stages do not use is left nil.
  struct Operands {
    var input: UnsafeBufferPointer<Float>
    var output: UnsafeMutableBufferPointer<Float>
    var bias: UnsafeBufferPointer<Float>? = nil
    /// `residual` or `up`.
    var second: UnsafeBufferPointer<Float>? = nil
    /// planes · rows · columns bytes, contiguous.
    var mask: UnsafeMutableBufferPointer<UInt8>? = nil
  }

  /// Checks the operands, then runs; nothing is written when it throws.
  func run(_ operands: Operands) throws(TesseraError) {
    let streams = try !check(operands) && usesNonTemporalStores
    let traffic = context.pool.run(itemCount: columns == 0 ? 0 : partition.itemCount, order: .neighbouring) {
      item, worker in
      let rows = partition.rows(ofItem: item)
      // A kernel call stays inside one plane, where dropout's rows count from the plane's start.
      var start = rows.lowerBound
      while start < rows.upperBound {
        let plane = start / rowsPerPlane
        let end = min(rows.upperBound, (plane + 1) * rowsPerPlane)
        runKernel(operands, rows: start..<end, plane: plane, streams: streams)
        start = end
      }
      worker.count(residency.traffic(rows: rows.count))
    }
    // No element-wise operator writes less in inference.
    context.ledger?.record(
      descriptor, extents: [.planes: planes, .rows: rowsPerPlane, .columns: columns], mode: .training, traffic: traffic)
  }

  private func runKernel(_ operands: Operands, rows: Range<Int>, plane: Int, streams: Bool) {
    var block = block(operands, rows: rows, columns: 0..<columns, plane: plane)
    block.input = operands.input.baseAddress! + layouts.input.offset + rows.lowerBound * layouts.input.rowStride
    block.input_stride = layouts.input.rowStride
    block.streaming = streams
    if storesMask {
      block.mask = operands.mask!.baseAddress! + rows.lowerBound * columns
      block.mask_stride = columns
      // Where nothing is dropped the kernel knows of no mask.
      if case .scale = stages[0] { block.mask.update(repeating: 1, count: rows.count * columns) }
    }
    kernel(&block)
  }

  /// A kernel's call for these rows of a plane, and these columns, without its input.
  func block(_ operands: Operands, rows: Range<Int>, columns: Range<Int>, plane: Int) -> tsr_elementwise_f32 {
    func first(_ layout: MatrixLayout) -> Int {
      layout.offset + rows.lowerBound * layout.rowStride + columns.lowerBound
    }
    var block = tsr_elementwise_f32()
    (block.rows, block.columns) = (rows.count, columns.count)
    block.output = operands.output.baseAddress! + first(layouts.output)
    block.output_stride = layouts.output.rowStride
    for stage in stages {
      switch stage {
      case .bias: block.bias = UnsafePointer(operands.bias!.baseAddress! + columns.lowerBound)
      case .activation: break
      case .scale(let scale): block.scale = scale
      case .gate:
        // Where both ride on products, their sums are at hand.
        guard let up = operands.second else { break }
        block.up = up.baseAddress! + first(layouts.second!)
        block.up_stride = layouts.second!.rowStride
      case .residual:
        block.residual = operands.second!.baseAddress! + first(layouts.second!)
        block.residual_stride = layouts.second!.rowStride
      case .dropout(let dropout):
        block.dropout = dropout.kernelArgument(plane: plane, row: rows.lowerBound - plane * rowsPerPlane)
        block.dropout_block = UInt32(columns.lowerBound / 8)
      }
    }
    return block
  }

  /// Returns whether the output is what is read.
  private func check(_ operands: Operands) throws(TesseraError) -> Bool {
    let inputName = descriptor.reads[0].name
    try layouts.input.check(
      rows: layouts.input.rows, columns: columns, count: operands.input.count, written: false,
      operation: descriptor.name, operand: inputName)
    let others = try placeOnSums(operands)
    var mask = PlacedMatrix.absent
    if storesMask {
      let count = layouts.input.rows * columns
      try checkVector(operands.mask?.count ?? 0, expected: count, operation: descriptor.name, operand: "mask")
      mask = PlacedMatrix("mask", bytes: operands.mask!.baseAddress, count: count)
    }
    let input = PlacedMatrix(inputName, operands.input, layouts.input)
    return try checkOverlap(descriptor, reads: [input, others.bias, others.second], writes: [others.output, mask])
  }

  /// Where all operands lie but the input and the mask. Throws where one is too short.
  func placeOnSums(
    _ operands: Operands
  ) throws(TesseraError) -> (bias: PlacedMatrix, second: PlacedMatrix, output: PlacedMatrix) {
    let name = descriptor.name
    let output = try placeOutput(operands)
    var (bias, second) = (PlacedMatrix.absent, PlacedMatrix.absent)
    for stage in stages {
      switch stage {
      case .bias:
        try checkVector(operands.bias?.count ?? 0, expected: columns, operation: name, operand: "bias")
        bias = PlacedMatrix("bias", operands.bias!, MatrixLayout(rows: 1, columns: columns))
      case .gate: second = try checkedSecond(operands, "up")
      case .residual: second = try checkedSecond(operands, "residual")
      case .dropout: try checkCounterWords(planes: planes, rows: rowsPerPlane, columns: columns, operation: name)
      case .scale, .activation: break
      }
    }
    return (bias, second, output)
  }

  func placeOutput(_ operands: Operands) throws(TesseraError) -> PlacedMatrix {
    let outputName = descriptor.writes[0].name
    try layouts.output.check(
      rows: layouts.input.rows, columns: columns, count: operands.output.count, written: true,
      operation: descriptor.name, operand: outputName)
    return PlacedMatrix(outputName, UnsafeBufferPointer(operands.output), layouts.output)
  }

  private func checkedSecond(_ operands: Operands, _ operand: String) throws(TesseraError) -> PlacedMatrix {
    let layout = layouts.second!
    try layout.check(
      rows: layouts.input.rows, columns: columns, count: operands.second?.count ?? 0, written: false,
      operation: descriptor.name, operand: operand)
    return PlacedMatrix(operand, operands.second!, layout)
  }
}
