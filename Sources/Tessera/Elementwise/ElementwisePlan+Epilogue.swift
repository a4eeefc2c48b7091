/// Stages that ride on a product: its finished sums are their input.
extension ElementwisePlan {
  /// The epilogue of a call whose operands have been checked; of them `input` and `mask` are not used, nor `second`
  /// where that is a second product. One plane.
  func epilogue(_ operands: Operands) -> GemmEpilogue {
    let rowsOfSecond = operands.second == nil ? 0 : 1
    let readsBias = stages.contains { if case .bias = $0 { true } else { false } }
    let isInPlace = rowsOfSecond == 1 && operands.second?.baseAddress == UnsafePointer(operands.output.baseAddress)
    let elements = layouts.input.rows * columns * (1 + rowsOfSecond)
    let streams = !isInPlace && ElementType.float32.byteCount(ofElements: elements) > context.fastMemoryBytes
    return GemmEpilogue(
      traffic: { rows, columns in
        let rowBytes = ElementType.float32.byteCount(ofElements: columns)
        return Traffic(
          readBytes: (rows * rowsOfSecond + (readsBias ? 1 : 0)) * rowBytes, writtenBytes: rows * rowBytes)
      },
      take: { sums, _ in
        var block = block(operands, rows: sums.rows, columns: sums.columns, plane: 0)
        (block.input, block.input_stride) = (sums.sums, sums.rowStride)
        if let up = sums.second { (block.up, block.up_stride) = (up, sums.rowStride) }
        block.streaming = streams
        kernel(&block)
      })
  }
}
