/// A fused norm that rides on a product, whose finished rows are its input.
extension NormalizationPlan {
  /// Matrices that it reads and writes: the residual, the output, the sum.
  var epilogueMatrices: Int { 2 + (layouts.sum == nil ? 0 : 1) }

  /// The epilogue of a call whose operands have been checked; of them `input` is not used.
  func epilogue(_ operands: Operands) -> GemmEpilogue {
    let statisticBytes = (operands.mean == nil ? 0 : 4) + (operands.inverseDeviation == nil ? 0 : 4)
    let isInPlace = operands.sum != nil && operands.residual?.baseAddress == UnsafePointer(operands.sum?.baseAddress)
    let elements = rows * columns * epilogueMatrices
    let streams = !isInPlace && ElementType.float32.byteCount(ofElements: elements) > context.fastMemoryBytes
    return GemmEpilogue(
      traffic: { rows, columns in
        var moved = residency.traffic(rows: rows)
        moved.readBytes -= rows * ElementType.float32.byteCount(ofElements: columns)
        moved.writtenBytes += rows * statisticBytes
        return moved
      },
      take: { sums, worker in
        precondition(sums.columns == 0..<columns, "a norm needs whole rows")
        var block = block(operands, rows: sums.rows)
        (block.input, block.input_stride) = (sums.sums, sums.rowStride)
        block.scratch = scratch?.row(ofWorker: worker)
        block.streaming = streams
        kernel(&block)
      })
  }
}
