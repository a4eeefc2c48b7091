import Tessera

extension LayerConfiguration {
  /// Throws unless this is a configuration of such a layer that this machine can run.
  func check(_ problem: LayerProblem) throws(TesseraError) {
    func invalid(_ operand: String, expected: String, actual: String) -> TesseraError {
      .invalidOperand(operation: "configuration", operand: operand, expected: expected, actual: actual)
    }
    for (operand, own, wanted) in [
      ("batch", batch, problem.batch), ("length", length, problem.length), ("hidden", hidden, problem.hidden),
      ("heads", heads, problem.heads), ("feedforward", feedforward, problem.feedforward),
    ] where own != wanted {
      throw invalid(operand, expected: "\(wanted), as the layer's", actual: "\(own)")
    }
    guard places.map(\.place) == LayerPlace.allCases else {
      throw invalid(
        "places", expected: LayerPlace.allCases.map(\.rawValue).joined(separator: "; "),
        actual: places.map(\.place.rawValue).joined(separator: "; "))
    }
    guard places[0].heads != nil, places[0].heads == places[1].heads else {
      throw invalid(
        "places[1].heads", expected: "the projection's, \(places[0].heads?.rawValue ?? "none")",
        actual: places[1].heads?.rawValue ?? "none")
    }
    guard places[1].isFused || places[1].heads == .tokenRows else {
      throw invalid("places[1].heads", expected: "token rows, where scores are stored", actual: "heads first")
    }
    for (index, place) in places.enumerated() {
      guard place.instructionSet.isAvailable else {
        throw invalid(
          "places[\(index)].instructionSet",
          expected: "one of " + InstructionSet.available.map(\.rawValue).joined(separator: ", "),
          actual: place.instructionSet.rawValue)
      }
      if let rows = place.products.rowsPerBlock, !(12...Extent.largest).contains(rows) {
        throw invalid(
          "places[\(index)].products.rowsPerBlock", expected: "12 to \(Extent.largest)", actual: "\(rows)")
      }
    }
  }
}
