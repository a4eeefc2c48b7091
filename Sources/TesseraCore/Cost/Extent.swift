/// The one vocabulary of sizes that problems, descriptors, options of the command and tables share.
public enum Extent: String, CaseIterable, Codable, Sendable {
  /// Of two-dimensional operators, and of one matrix of a contraction's left operand and output.
  case rows
  case columns
  /// Matrices of a batched contraction, or planes of a dropout (batch · heads).
  case planes
  /// What a contraction sums over.
  case depth
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
