/// The one vocabulary of sizes that problems, descriptors, options of the command and tables share.
public enum Extent: String, CaseIterable, Codable, Sendable {
  /// Of two-dimensional operators, and of one matrix of a contraction's left operand and output.
  case rows
  case columns
  /// Matrices of a batched contraction, or planes of a dropout (batch · heads).
  case planes
  /// What a contraction sums over.
  case depth
  /// Rows of the table that embedding rows are taken from.
  case vocabulary

  /// Sequences of attention.
  case batch
  case queryHeads = "query-heads"
  /// Divides the query heads; each key-value head serves a group of neighbouring ones.
  case keyValueHeads = "key-value-heads"
  case queryLength = "query-length"
  case keyLength = "key-length"
  /// Of queries and keys.
  case headDimension = "head-dimension"
  /// Of values and output.
  case valueDimension = "value-dimension"

  /// (query, key) pairs that the mask lets through, over sequences and query heads.
  case visiblePairs = "visible-pairs"
  /// Keys that some query sees, over sequences and key-value heads.
  case visibleKeys = "visible-keys"
  /// Elements of attention's additive bias before it is broadcast; 0 without one.
  case biasElements = "bias-elements"
  /// Elements of attention's Boolean mask before it is broadcast; 0 without one.
  case maskElements = "mask-elements"

  /// Whether it follows from other extents and options, so that nobody gives it.
  public var isDerived: Bool {
    switch self {
    case .visiblePairs, .visibleKeys, .biasElements, .maskElements: true
    default: false
    }
  }
}

/// A value for each extent that an operator names.
public struct Extents: Hashable, Sendable {
  private var values: [Extent: Int]

  public init(_ values: [Extent: Int]) { self.values = values }

  /// 1 for an extent that was not given, so that `planes` may be left out.
  public subscript(extent: Extent) -> Int {
    get { values[extent] ?? 1 }
    set { values[extent] = newValue }
  }
}

extension Extents: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (Extent, Int)...) {
    values = Dictionary(elements, uniquingKeysWith: { _, last in last })
  }
}

extension Extents: CustomStringConvertible {
  public var description: String {
    Extent.allCases.compactMap { extent in values[extent].map { "\(extent.rawValue) \($0)" } }.joined(separator: ", ")
  }
}
