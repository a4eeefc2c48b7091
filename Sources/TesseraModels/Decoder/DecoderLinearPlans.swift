import Tessera

/// The plans of a pass's linear maps. Maps of one shape and type share a plan, and all share working memory.
struct DecoderLinearPlans {
  struct Layer {
    let queries, keys, values: StoredLinearPlan
    let attentionOutput, down: BlockEnd
    let gateAndUp: GateAndUp
  }

  /// The last map of a block, and whether its result is added to the residual stream at once, or beside it first.
  enum BlockEnd {
    case adding(LinearResidualPlan)
    case pending(StoredLinearPlan)
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
    var addingPlans: [Shape: LinearResidualPlan] = [:]
    func blockEnd(
      _ weight: ModelTensor, _ bias: AlignedBuffer<Float>?
    ) throws(TesseraError) -> BlockEnd {
      guard DecoderWeights.Layer.addsAtOnce(bias: bias, rows: rows) else { return .pending(try plan(weight)) }
      let shape = Shape(type: weight.elementType, columns: weight.rows, depth: weight.columns)
      if let plan = addingPlans[shape] { return .adding(plan) }
      let plan = try LinearResidualPlan(
        shape.type, input: MatrixLayout(rows: rows, columns: shape.depth), columns: shape.columns,
        workspace: workspace, context: context)
      addingPlans[shape] = plan
      return .adding(plan)
    }
    var layers: [Layer] = []
    for layer in weights.layers {
      layers.append(
        Layer(
          queries: try plan(layer.queries), keys: try plan(layer.keys), values: try plan(layer.values),
          attentionOutput: try blockEnd(layer.attentionOutput, layer.biases.attentionOutput),
          down: try blockEnd(layer.down, layer.biases.down), gateAndUp: try gateAndUp(layer)))
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
  /// Whether a block's last map, with this bias, adds its result to the residual stream itself in a pass with so many
  /// rows: not for few rows, which read the weights in another way.
  static func addsAtOnce(bias: AlignedBuffer<Float>?, rows: Int) -> Bool {
    rows > StoredLinearPlan.fewRows && bias == nil
  }

  /// Whether a pass with so many rows computes gate, up and what follows them in one: not for few rows, which read the
  /// weights in another way, and not where something stands between them.
  package func joinsGateAndUp(rows: Int) -> Bool {
    rows > StoredLinearPlan.fewRows && gate.elementType == up.elementType && biases.gate == nil && biases.up == nil
  }
}
