import Tessera

/// RMS norms of each head's columns, of queries and of keys, in place.
struct DecoderHeadNormPlans {
  private let queries, keys: RMSNormPlan

  init(_ sizes: DecoderConfiguration, rows: Int, context: ExecutionContext) throws(TesseraError) {
    func plan(heads: Int) throws(TesseraError) -> RMSNormPlan {
      try RMSNormPlan(
        input: MatrixLayout(rows: rows * heads, columns: sizes.headDimension), epsilon: sizes.normEpsilon,
        context: context)
    }
    (queries, keys) = (try plan(heads: sizes.queryHeads), try plan(heads: sizes.keyValueHeads))
  }

  /// The layer has both norms.
  func run(_ memory: DecoderMemory, _ layer: DecoderWeights.Layer) throws(TesseraError) {
    let (queryNorm, keyNorm) = (layer.queryNorm!.elements, layer.keyNorm!.elements)
    try queries.run(inPlace: memory.queries.mutableSpan, weight: queryNorm.span)
    try keys.run(inPlace: memory.keys.mutableSpan, weight: keyNorm.span)
  }
}
