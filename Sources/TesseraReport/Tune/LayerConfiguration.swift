import Tessera

/// How each place of a layer runs: what `tessera tune` chose and `tessera report --configuration` reads.
public struct LayerConfiguration: Hashable, Codable, Sendable {
  public var batch, length, hidden, heads, feedforward: Int
  /// What it was measured on; for the reader, not checked.
  public var processor: String
  public var threads: Int
  /// One for each place, in order.
  public var places: [PlaceConfiguration]

  /// All places of a layer as the library runs them by itself.
  package init(_ problem: LayerProblem, threads: Int, instructionSet: InstructionSet) {
    (batch, length, hidden, heads, feedforward) = (
      problem.batch, problem.length, problem.hidden, problem.heads, problem.feedforward
    )
    processor = processorName()
    self.threads = threads
    places = LayerPlace.allCases.map { PlaceConfiguration($0, instructionSet: instructionSet) }
  }
}

/// A product of the layer with what follows it, or attention.
public enum LayerPlace: String, CaseIterable, Codable, Sendable {
  case projection = "queries, keys, values"
  case attention
  case out
  case linear1 = "linear 1"
  case linear2 = "linear 2"
}

/// How queries, keys and values lie between the projection and attention.
public enum HeadPlacement: String, CaseIterable, Codable, Sendable {
  /// Each head's tokens one after the other, as in `EncoderLayer`.
  case headsFirst = "heads first"
  /// Side by side in their tokens' rows.
  case tokenRows = "token rows"
}

/// How one place of a layer runs.
public struct PlaceConfiguration: Hashable, Codable, Sendable {
  public var place: LayerPlace
  /// Whether all that follows a product rides on it; else it has a kernel of its own. Of attention, whether it is
  /// tiled.
  public var isFused = true
  /// Of the projection and of attention.
  public var heads: HeadPlacement?
  public var instructionSet: InstructionSet
  public var products = ProductTuning()

  package init(_ place: LayerPlace, instructionSet: InstructionSet) {
    self.place = place
    heads = [.projection, .attention].contains(place) ? .headsFirst : nil
    self.instructionSet = instructionSet
  }

  /// In a few words.
  public var words: String {
    var words = [isFused ? "fused" : "kernels of their own"]
    if let heads { words.append(heads.rawValue) }
    words.append(instructionSet.rawValue)
    if let rows = products.rowsPerBlock { words.append("blocks of \(counted(rows, "row"))") }
    if products.packsWhole == false { words.append("packed in parts") }
    return words.joined(separator: ", ")
  }
}
