import Tessera

extension LayerTable {
  /// The layer as a configuration has it. Throws where that is for another layer, attention does not take the heads, or
  /// the backward pass, which has no configuration, is asked for.
  func tuned(_ configuration: LayerConfiguration) throws(TesseraError) -> LayerSequence {
    try configuration.check(problem)
    guard pass == .forward else {
      throw .invalidOperand(
        operation: "report", operand: "configuration", expected: "the forward pass alone", actual: pass.text)
    }
    var steps: [LayerStep] = []
    for place in configuration.places { steps += try self.steps(place) }
    return LayerSequence(fusion: .tuned(configuration), steps: steps)
  }

  /// The steps of one place, run as its configuration says.
  func steps(_ place: PlaceConfiguration) throws(TesseraError) -> [LayerStep] {
    let calls = LayerCalls(problem)
    let heads = place.heads ?? .headsFirst
    let fused =
      place.isFused
      ? try Self.fullFusions(calls, heads: heads)
      : try Self.fusions(calls, place.place == .attention ? .materialised : .tiled, heads: heads)
        + Self.linearMaps(rows)
    let covered = rows(of: place.place)
    // Rows without a kernel, as attention's products between stored scores, are as the baseline has them.
    let sequence = LayerSequence.fused(rows.filter { covered.contains($0.id) }, by: fused, .full)
    let tuning = StepTuning(instructionSet: place.instructionSet, products: place.products)
    return sequence.steps.map { $0.tuned(tuning) }
  }

  /// Ids of the rows that a place covers.
  private func rows(of place: LayerPlace) -> Set<String> {
    switch place {
    case .projection: ["qkv", "input-bias"]
    case .attention: ["qkt", "softmax", "gamma"]
    case .out: ["out", "out-bias", "out-dropout", "residual-1", "layer-norm-1"]
    case .linear1: ["linear-1", "ffn-bias", "relu", "ffn-dropout"]
    case .linear2: ["linear-2", "out2-bias", "out2-dropout", "residual-2", "layer-norm-2"]
    }
  }
}
