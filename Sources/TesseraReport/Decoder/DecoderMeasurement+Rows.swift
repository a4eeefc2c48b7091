import Tessera
import TesseraModels

extension DecoderMeasurement {
  /// A row over all layers that have it.
  public struct Row: Sendable {
    public let row: DecoderRow
    public let operatorClass: OperatorClass
    /// How many layers have it; 1 where the row is not a layer's.
    public let layers: Int
    /// What its weights are stored as; more than one where layers differ.
    public let weightTypes: [ElementType]
    /// The cost of one pass, over the layers.
    public let cost: StepCost
    /// Sum over the layers of each call's median over the runs.
    public let nanoseconds: Double
    /// (maximum − minimum) / median of the sums that the runs had.
    public let spread: Double

    /// `passes`: the row's call of each layer, run by run.
    init(_ row: DecoderRow, _ passes: [[Ledger.Call]]) {
      let calls = passes[0]
      for call in calls {
        precondition(row.operators.contains(call.descriptor.name), "\(row.id) is a call of \(call.descriptor.name)")
      }
      self.row = row
      operatorClass = calls[0].descriptor.operatorClass
      layers = calls.count
      cost = StepCost(calls)
      nanoseconds = calls.indices.reduce(0) { sum, layer in
        sum + RunStatistics(passes.map { Double($0[layer].nanoseconds) }).median
      }
      spread = RunStatistics(passes.map { $0.reduce(0) { $0 + Double($1.nanoseconds) } }).spread
      var types: [ElementType] = []
      for operand in calls.flatMap(\.descriptor.reads) where operand.role == .parameter {
        let type = operand.elementType
        if operand.content == .stored, !types.contains(type) { types.append(type) }
      }
      weightTypes = types
    }
  }

  /// `passes`: the calls of each run's counted pass of so many tokens, in order.
  static func rows(
    _ passes: [[Ledger.Call]], _ layers: [DecoderWeights.Layer], tokens: Int
  ) -> (layer: [Row], once: [Row]) {
    var places: [DecoderRow: [Int]] = [:]
    var order = DecoderRow.first
    for layer in layers { order += DecoderRow.layer(layer, tokens: tokens) }
    order += DecoderRow.last
    for (place, row) in order.enumerated() { places[row, default: []].append(place) }
    for calls in passes {
      precondition(calls.count == order.count, "a pass has other calls than the report has rows for")
    }
    func rows(_ rows: [DecoderRow]) -> [Row] {
      rows.compactMap { row in
        places[row].map { places in Row(row, passes.map { calls in places.map { calls[$0] } }) }
      }
    }
    return (rows(DecoderRow.everyOfLayers), rows(DecoderRow.first + DecoderRow.last))
  }
}
