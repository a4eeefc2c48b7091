import Tessera

/// The plans of a pass's linear maps. Maps of one shape and type share a plan, and all share working memory.
struct DecoderLinearPlans {
  struct Layer {
    let queries, keys, values, attentionOutput, gate, up, down: StoredLinearPlan
  }

  let layers: [Layer]

  /// Of passes with so many rows.
  init(_ weights: DecoderWeights, rows: Int, context: ExecutionContext) throws(TesseraError) {
    var made: [Shape: StoredLinearPlan] = [:]
    let workspace = GemmWorkspace(threadCount: context.pool.threadCount)
    func plan(_ weight: ModelTensor) throws(TesseraError) -> StoredLinearPlan {
      let shape = Shape(type: weight.elementType, columns: weight.rows, depth: weight.columns)
      if let plan = made[shape] { return plan }
      let plan = try StoredLinearPlan(
        weight.elementType, input: MatrixLayout(rows: rows, columns: shape.depth),
        output: MatrixLayout(rows: rows, columns: shape.columns), workspace: workspace, context: context)
      made[shape] = plan
      return plan
    }
    var layers: [Layer] = []
    for layer in weights.layers {
      layers.append(
        Layer(
          queries: try plan(layer.queries), keys: try plan(layer.keys), values: try plan(layer.values),
          attentionOutput: try plan(layer.attentionOutput), gate: try plan(layer.gate), up: try plan(layer.up),
          down: try plan(layer.down)))
    }
    self.layers = layers
  }

  private struct Shape: Hashable {
    var type: ElementType
    var columns: Int
    var depth: Int
  }
}
