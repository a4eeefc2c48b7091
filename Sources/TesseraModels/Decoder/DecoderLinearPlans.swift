import Tessera

/// The plans of a pass's linear maps. Maps of one shape and type share a plan, and all share working memory.
struct DecoderLinearPlans {
  struct Layer {
    let queries, keys, values, attentionOutput, down: StoredLinearPlan
    let gateAndUp: GateAndUp
  }

  /// Both maps with what follows them in one, or two maps.
  enum GateAndUp {
    case joined(LinearGatedActivationPlan)
    case separate(gate: StoredLinearPlan, up: StoredLinearPlan)
  }

  let layers: [Layer]

  /// Plans for passes with so many rows.
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
    var gatedPlans: [Shape: LinearGatedActivationPlan] = [:]
    func gateAndUp(_ layer: DecoderWeights.Layer) throws(TesseraError) -> GateAndUp {
      guard layer.joinsGateAndUp(rows: rows) else {
        return .separate(gate: try plan(layer.gate), up: try plan(layer.up))
      }
      let shape = Shape(type: layer.gate.elementType, columns: layer.gate.rows, depth: layer.gate.columns)
      if let plan = gatedPlans[shape] { return .joined(plan) }
      let plan = try LinearGatedActivationPlan(
        .silu, shape.type, input: MatrixLayout(rows: rows, columns: shape.depth), columns: shape.columns,
        workspace: workspace, context: context)
      gatedPlans[shape] = plan
      return .joined(plan)
    }
    var layers: [Layer] = []
    for layer in weights.layers {
      layers.append(
        Layer(
          queries: try plan(layer.queries), keys: try plan(layer.keys), values: try plan(layer.values),
          attentionOutput: try plan(layer.attentionOutput), down: try plan(layer.down), gateAndUp: try gateAndUp(layer))
      )
    }
    self.layers = layers
  }

  private struct Shape: Hashable {
    var type: ElementType
    var columns: Int
    var depth: Int
  }
}

extension DecoderWeights.Layer {
  /// Whether a pass with so many rows computes gate, up and what follows them in one: not for few rows, which read the
  /// weights in another way, and not where something stands between them.
  package func joinsGateAndUp(rows: Int) -> Bool {
    rows > StoredLinearPlan.fewRows && gate.elementType == up.elementType && biases.gate == nil && biases.up == nil
  }
}
