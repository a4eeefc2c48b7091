/// The one vocabulary of sizes that problems, descriptors, options of the command and tables share.
public enum Extent: String, CaseIterable, Codable, Sendable {
  /// Rows of two-dimensional operators, and of one matrix of a contraction's left operand and output.
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
  /// The width of queries and keys.
  case headDimension = "head-dimension"
  /// The width of values and output.
  case valueDimension = "value-dimension"

  /// (query, key) pairs that the mask lets through, over sequences and query heads.
  case visiblePairs = "visible-pairs"
  /// Keys that some query sees, over sequences and key-value heads.
  case visibleKeys = "visible-keys"
  /// Queries of all sequences, of one head: what lies past a sequence's length is none.
  case queryTokens = "query-tokens"
  /// The rows that outputs of attention have for them: also those past the lengths of sequences that are not packed.
  case queryRows = "query-rows"
  /// The same of keys and values, as their gradients have rows.
  case keyRows = "key-rows"
  /// Elements of attention's additive bias before it is broadcast; 0 without one.
  case biasElements = "bias-elements"
  /// Elements of attention's Boolean mask before it is broadcast; 0 without one.
  case maskElements = "mask-elements"
  /// ALiBi's slopes; 0 without.
  case slopeElements = "slope-elements"
  /// Attention's sinks; 0 without.
  case sinkElements = "sink-elements"
  /// Elements of the gradient of attention's bias; 0 where it is not wanted.
  case biasGradientElements = "bias-gradient-elements"

  /// The largest one of attention and of layers: the words of dropout's counter have 32 bits, and so have the sizes of
  /// the report's baseline.
  public static let largest = Int(Int32.max)

  /// Whether it follows from other extents and options, so that nobody gives it.
  public var isDerived: Bool {
    switch self {
    case .visiblePairs, .visibleKeys, .queryTokens, .queryRows, .keyRows, .biasElements, .maskElements, .slopeElements,
      .sinkElements, .biasGradientElements:
      true
    default: false
    }
  }
}

/// A value for each extent that an operator names. Every call makes some: they take no memory of their own.
public struct Extents: Hashable, Sendable {
  /// Values by the extent's place among all; 1 where none was given.
  private var values = InlineArray<22, Int>(repeating: 1)
  /// A bit for each that was given.
  private var given: UInt32 = 0

  public init() {}

  public init(_ values: [Extent: Int]) {
    for (extent, value) in values { self[extent] = value }
  }

  /// 1 for an extent that was not given, so that `planes` may be left out.
  public subscript(extent: Extent) -> Int {
    get { values[extent.place] }
    set {
      values[extent.place] = newValue
      given |= 1 << UInt32(extent.place)
    }
  }

  public static func == (left: Extents, right: Extents) -> Bool {
    left.given == right.given && left.values.indices.allSatisfy { left.values[$0] == right.values[$0] }
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(given)
    for place in values.indices { hasher.combine(values[place]) }
  }
}

extension Extent {
  /// The place among all cases: a case without a payload is stored as its number.
  fileprivate var place: Int { Int(unsafeBitCast(self, to: UInt8.self)) }
}

extension Extents: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (Extent, Int)...) {
    self.init()
    for (extent, value) in elements { self[extent] = value }
  }
}

extension Extents: CustomStringConvertible {
  public var description: String {
    Extent.allCases.filter { given & 1 << UInt32($0.place) != 0 }.map { "\($0.rawValue) \(self[$0])" }
      .joined(separator: ", ")
  }
}
