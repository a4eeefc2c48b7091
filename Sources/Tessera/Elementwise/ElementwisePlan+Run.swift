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
      let moved = residency.traffic(rows: rows.count)
      worker.traffic.pointee.add(readBytes: moved.readBytes, writtenBytes: moved.writtenBytes)
    }
    // No element-wise operator writes less in inference.
    context.ledger?.record(
      descriptor, extents: [.planes: planes, .rows: rowsPerPlane, .columns: columns], mode: .training, traffic: traffic)
  }

  private func runKernel(_ operands: Operands, rows: Range<Int>, plane: Int, streams: Bool) {
    func first(_ layout: MatrixLayout) -> Int { layout.offset + rows.lowerBound * layout.rowStride }
    var block = tsr_elementwise_f32()
    block.rows = rows.count
    block.columns = columns
    block.input = operands.input.baseAddress! + first(layouts.input)
    block.input_stride = layouts.input.rowStride
    block.output = operands.output.baseAddress! + first(layouts.output)
    block.output_stride = layouts.output.rowStride
    block.streaming = streams
    if storesMask {
      block.mask = operands.mask!.baseAddress! + rows.lowerBound * columns
      block.mask_stride = columns
    }
    for stage in stages {
      switch stage {
      case .bias: block.bias = operands.bias!.baseAddress
      case .activation: break
      case .scale(let scale): block.scale = scale
      case .gate:
        block.up = operands.second!.baseAddress! + first(layouts.second!)
        block.up_stride = layouts.second!.rowStride
      case .residual:
        block.residual = operands.second!.baseAddress! + first(layouts.second!)
        block.residual_stride = layouts.second!.rowStride
      case .dropout(let dropout):
        block.dropout = dropout.kernelArgument(plane: plane, row: rows.lowerBound - plane * rowsPerPlane)
      }
    }
    // Where nothing is dropped the kernel knows of no mask.
    if storesMask, case .scale = stages[0] { block.mask.update(repeating: 1, count: rows.count * columns) }
    kernel(&block)
  }

  /// Returns whether the output is what is read.
  private func check(_ operands: Operands) throws(TesseraError) -> Bool {
    let (rows, name) = (layouts.input.rows, descriptor.name)
    let inputName = descriptor.reads[0].name
    try layouts.input.check(
      rows: rows, columns: columns, count: operands.input.count, written: false, operation: name, operand: inputName)
    try layouts.output.check(
      rows: rows, columns: columns, count: operands.output.count, written: true, operation: name, operand: "output")
    var (bias, second, mask) = (PlacedMatrix.absent, PlacedMatrix.absent, PlacedMatrix.absent)
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
    if storesMask {
      try checkVector(operands.mask?.count ?? 0, expected: rows * columns, operation: name, operand: "mask")
      mask = PlacedMatrix("mask", bytes: operands.mask!.baseAddress, count: rows * columns)
    }
    let input = PlacedMatrix(inputName, operands.input, layouts.input)
    let output = PlacedMatrix("output", UnsafeBufferPointer(operands.output), layouts.output)
    return try checkOverlap(descriptor, reads: [input, bias, second], writes: [output, mask])
  }

  private func checkedSecond(_ operands: Operands, _ operand: String) throws(TesseraError) -> PlacedMatrix {
    let layout = layouts.second!
    try layout.check(
      rows: layouts.input.rows, columns: columns, count: operands.second?.count ?? 0, written: false,
      operation: descriptor.name, operand: operand)
    return PlacedMatrix(operand, operands.second!, layout)
  }
}
