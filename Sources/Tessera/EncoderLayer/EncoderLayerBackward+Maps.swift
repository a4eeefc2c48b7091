extension EncoderLayerBackward {
  /// A map's gradients; the weights' for both kinds of calls.
  struct LinearGradients {
    let ofInput: InputGradient
    private let ofWeight, ontoWeight: LinearWeightGradientPlan

    /// Of what the plans hold that the others do not share.
    var sumBytes: Int { ofWeight.sumBytes + ontoWeight.sumBytes }

    func ofWeight(accumulates: Bool) -> LinearWeightGradientPlan { accumulates ? ontoWeight : ofWeight }

    /// Every map has a bias.
    init(
      outputGradient: MatrixLayout, input: MatrixLayout, inputGradient: MatrixLayout, riding: Riding = .nothing,
      workspace: GemmWorkspace, context: ExecutionContext
    ) throws(TesseraError) {
      let weight = MatrixLayout(rows: outputGradient.columns, columns: input.columns)
      switch riding {
      case .nothing:
        ofInput = .alone(
          try LinearInputGradientPlan(
            outputGradient: outputGradient, weight: weight, inputGradient: inputGradient, workspace: workspace,
            context: context))
      case .activation(let saved):
        ofInput = .activation(
          try LinearInputGradientActivationDropoutPlan(
            saved, outputGradient: outputGradient, weight: weight, inputGradient: inputGradient, workspace: workspace,
            context: context))
      case .residual(let residual):
        ofInput = .residual(
          try LinearInputGradientResidualPlan(
            outputGradient: outputGradient, weight: weight, residual: residual, inputGradient: inputGradient,
            workspace: workspace, context: context))
      }
      func plan(_ accumulates: Bool) throws(TesseraError) -> LinearWeightGradientPlan {
        try LinearWeightGradientPlan(
          outputGradient: outputGradient, input: input, accumulates: accumulates, workspace: workspace,
          context: context)
      }
      (ofWeight, ontoWeight) = (try plan(false), try plan(true))
    }
  }

  /// What rides on the gradient of a map's input.
  enum Riding {
    case nothing
    case activation(BiasActivationDropoutSavedTensors)
    /// The layout of what is added.
    case residual(MatrixLayout)
  }

  /// The gradient of a map's input, with what rides on it.
  enum InputGradient {
    case alone(LinearInputGradientPlan)
    case activation(LinearInputGradientActivationDropoutPlan)
    case residual(LinearInputGradientResidualPlan)

    var map: LinearMap {
      switch self {
      case .alone(let plan): plan.map
      case .activation(let plan): plan.map
      case .residual(let plan): plan.map
      }
    }

    /// Of an activation's dropout.
    func setDropoutOffset(_ offset: UInt32) {
      if case .activation(let plan) = self { plan.setDropoutOffset(offset) }
    }

    /// `residual` is what one with a residual adds.
    func run(
      outputGradient: UnsafeBufferPointer<Float>, weight: LinearWeight, residual: UnsafeBufferPointer<Float>? = nil,
      inputGradient: UnsafeMutableBufferPointer<Float>
    ) throws(TesseraError) {
      switch self {
      case .alone(let plan):
        try plan.run(outputGradient: outputGradient, weight: weight, inputGradient: inputGradient)
      case .residual(let plan):
        try plan.run(
          outputGradient: outputGradient, weight: weight, residual: residual!, inputGradient: inputGradient)
      case .activation: preconditionFailure("an activation's gradient needs what its forward call left")
      }
    }

    /// The same through an activation: `saved` is what its forward call left.
    func run(
      outputGradient: UnsafeBufferPointer<Float>, weight: LinearWeight, saved: UnsafeBufferPointer<Float>,
      bias: UnsafeBufferPointer<Float>?, inputGradient: UnsafeMutableBufferPointer<Float>
    ) throws(TesseraError) {
      guard case .activation(let plan) = self else { preconditionFailure("no activation's gradient rides on it") }
      try plan.run(
        outputGradient: outputGradient, weight: weight, saved: saved, bias: bias, inputGradient: inputGradient)
    }
  }
}
