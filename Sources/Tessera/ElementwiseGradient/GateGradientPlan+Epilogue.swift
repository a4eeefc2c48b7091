/// The gradients of a gated activation that ride on a product: its finished sums are the output's gradient.
extension GateGradientPlan {
  /// Where all operands lie but the output's gradient. Throws where one is too short.
  func placeOnSums(_ operands: Operands) throws(TesseraError) -> (
    gate: PlacedMatrix, up: PlacedMatrix, gateGradient: PlacedMatrix, upGradient: PlacedMatrix
  ) {
    let place = OperandPlacement(operation: descriptor.name)
    return (
      try place.matrix("gate", operands.gate, layouts.gate), try place.matrix("up", operands.up, layouts.up),
      try place.matrix("gate-gradient", writing: operands.gateGradient, layouts.gateGradient),
      try place.matrix("up-gradient", writing: operands.upGradient, layouts.upGradient)
    )
  }

  /// The epilogue of a call whose operands have been checked; of them `outputGradient` is not used.
  func epilogue(_ operands: Operands, isInPlace: Bool) -> GemmEpilogue {
    let streams = !isInPlace && usesNonTemporalStores
    return GemmEpilogue(
      traffic: { rows, columns in
        let bytes = 2 * rows * ElementType.float32.byteCount(ofElements: columns)
        return Traffic(readBytes: bytes, writtenBytes: bytes)
      },
      take: { sums, _ in
        var block = block(operands, rows: sums.rows, columns: sums.columns)
        (block.output_gradient, block.output_gradient_stride) = (sums.sums, sums.rowStride)
        block.streaming = streams
        kernel(&block)
      })
  }
}
