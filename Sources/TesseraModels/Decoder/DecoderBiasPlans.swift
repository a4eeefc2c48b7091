import Tessera

/// Additions of biases to the results of a pass's maps, in place. (Those of the two maps that end a block are added
/// with the residual stream.)
struct DecoderBiasPlans {
  struct Map {
    fileprivate let plan: BiasPlan

    /// Nothing where the map has no bias.
    func run(
      _ result: UnsafeMutableBufferPointer<Float>, _ bias: AlignedBuffer<Float>?
    ) throws(TesseraError) {
      guard let bias = bias?.elements else { return }
      try plan.run(inPlace: result.mutableSpan, bias: bias.span)
    }
  }

  let queries, keys, values, feedForward: Map

  init(_ sizes: DecoderConfiguration, rows: Int, context: ExecutionContext) throws(TesseraError) {
    func map(_ columns: Int) throws(TesseraError) -> Map {
      Map(plan: try BiasPlan(MatrixLayout(rows: rows, columns: columns), context: context))
    }
    queries = try map(sizes.queryHeads * sizes.headDimension)
    keys = try map(sizes.keyValueHeads * sizes.headDimension)
    values = try map(sizes.keyValueHeads * sizes.valueDimension)
    feedForward = try map(sizes.feedForwardWidth)
  }
}
