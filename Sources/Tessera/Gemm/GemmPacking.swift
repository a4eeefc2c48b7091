import CTesseraKernels

/// Brings a right operand into panels, as wide as the register tile and in the order in which it is multiplied.
struct GemmPacking {
  let kernels: ContractionKernels
  let storedKernels: StoredKernels
  let right: GemmRight
  /// The depth of the whole operand.
  let depth: Int

  init(_ right: GemmRight, depth: Int, for instructionSet: InstructionSet) {
    kernels = ContractionKernels.variants.best(for: instructionSet)
    storedKernels = StoredKernels.variants.best(for: instructionSet)
    (self.right, self.depth) = (right, depth)
  }

  /// Packs these columns of these k. `dequantized`: the columns of a stored operand as floats, columns × k.
  func pack(
    _ columns: Range<Int>, _ depths: Range<Int>, of operand: UnsafeRawPointer, to packed: UnsafeMutablePointer<Float>,
    dequantized: UnsafeMutablePointer<Float>
  ) {
    let floats = operand.assumingMemoryBound(to: Float.self)
    var tile = tsr_contraction_pack_f32()
    (tile.depth, tile.columns, tile.packed) = (depths.count, columns.count, packed)
    switch right {
    case .packed: preconditionFailure("packed weights are not packed again")
    case .rows(let stride):
      tile.right = floats + columns.lowerBound * stride + depths.lowerBound
      (tile.depth_stride, tile.column_stride) = (1, stride)
    case .columns(let stride):
      tile.right = floats + depths.lowerBound * stride + columns.lowerBound
      (tile.depth_stride, tile.column_stride) = (stride, 1)
    case .stored(let type):
      dequantize(type, columns, depths, operand, to: dequantized)
      tile.right = UnsafePointer(dequantized)
      (tile.depth_stride, tile.column_stride) = (1, depths.count)
    }
    kernels.pack(&tile)
  }

  private func dequantize(
    _ type: ElementType, _ columns: Range<Int>, _ depths: Range<Int>, _ operand: UnsafeRawPointer,
    to floats: UnsafeMutablePointer<Float>
  ) {
    let rowBytes = type.rowBytes(depth)
    var call = tsr_dequantize_f32()
    call.type = type.kernelType
    // Rows that are taken whole follow each other without gaps.
    let isWhole = depths.count == depth
    call.count = isWhole ? columns.count * depth : depths.count
    for index in 0..<(isWhole ? 1 : columns.count) {
      let row = operand + (columns.lowerBound + index) * rowBytes + type.rowBytes(depths.lowerBound)
      call.stored = row.assumingMemoryBound(to: UInt8.self)
      call.output = floats + index * depths.count
      storedKernels.dequantize(&call)
    }
  }
}
