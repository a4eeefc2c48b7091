/// Training keeps what the backward pass needs; inference does not write it.
public enum ExecutionMode: String, CaseIterable, Codable, Sendable {
  case training, inference
}

/// A tensor that an operator reads or writes once.
public struct Operand: Hashable, Sendable {
  /// Decides where the operand shows in the paper's element columns, and who allocates it.
  public enum Role: String, Codable, Sendable {
    case activation
    /// A learned weight, bias or shift.
    case parameter
    /// A stored Boolean mask, one byte an element.
    case mask
    /// A value or two a row; counted in Q, left out of the paper's element columns.
    case rowStatistic
  }

  /// What its elements stand for.
  public enum Content: Hashable, Sendable {
    /// Numbers, or a mask's bytes.
    case values
    /// Numbers of 0 or more.
    case magnitudes
    /// Numbers of rows or columns of another operand: 0 or more and below this extent.
    case indices(below: Extent)
    /// Weights as a model file stores them, row after row of whole blocks, at any alignment; a request may ask for
    /// another type.
    case stored
  }

  /// How its elements are arranged; the number of elements follows.
  public enum Shape: Hashable, Sendable {
    /// One value.
    case single
    /// planes × (first × second), columns contiguous. Layouts may give it a row stride.
    case matrix(Extent, Extent)
    /// planes × first × second of a batched operator.
    case batchedMatrix(Extent, Extent)
    /// batch × heads × rows × columns, as attention's operands.
    case heads(Extent, rows: Extent, columns: Extent)
    /// batch × heads × rows: a value for each row of each head.
    case headRows(Extent, rows: Extent)
    case vector(Extent)
    /// batch × rows × the heads of queries, keys and values side by side, as their joint projection writes them.
    case projection(rows: Extent)
    /// A value for each column of a projection.
    case projectionVector
    /// A row for each column of a projection.
    case projectionMatrix(columns: Extent)
    /// batch × rows × columns: a row for each token.
    case tokens(rows: Extent, columns: Extent)

    /// Extents from the slowest to the contiguous one.
    public var extents: [Extent] {
      switch self {
      case .single: []
      case .matrix(let rows, let columns): [rows, columns]
      case .batchedMatrix(let rows, let columns): [.planes, rows, columns]
      case .heads(let heads, let rows, let columns): [.batch, heads, rows, columns]
      case .headRows(let heads, let rows): [.batch, heads, rows]
      case .vector(let length): [length]
      case .projection(let rows): [.batch, rows] + Self.projectionWidth
      case .projectionVector: Self.projectionWidth
      case .projectionMatrix(let columns): Self.projectionWidth + [columns]
      case .tokens(let rows, let columns): [.batch, rows, columns]
      }
    }

    private static let projectionWidth: [Extent] = [.queryHeads, .keyValueHeads, .headDimension]

    /// What a row is as long as; nil where the operand has no rows, but single values.
    public var columns: Extent? {
      switch self {
      case .matrix(_, let columns), .batchedMatrix(_, let columns), .heads(_, _, let columns): columns
      case .projectionMatrix(let columns), .tokens(_, let columns): columns
      case .single, .headRows, .vector, .projection, .projectionVector: nil
      }
    }

    public var count: Count {
      switch self {
      case .projection(let rows): Self.projectionCount([.batch, rows])
      case .projectionVector: Self.projectionCount([])
      case .projectionMatrix(let columns): Self.projectionCount([columns])
      default: Count(1, extents)
      }
    }

    /// Elements of a projection over these rows: keys and values have as many heads as each other.
    private static func projectionCount(_ rows: [Extent]) -> Count {
      Count(1, rows + [.queryHeads, .headDimension]) + Count(2, rows + [.keyValueHeads, .headDimension])
    }
  }

  public var name: String
  public var shape: Shape
  public var elementType: ElementType
  public var content: Content
  public var role: Role
  /// Written in training mode only: kept for the backward pass.
  public var isKeptForBackward: Bool
  /// A call may lack it, by its options or sizes, and then moves and counts nothing for it.
  public var isOptional: Bool
  /// Written: a call may ask for it in inference too.
  public var isReturnable: Bool
  /// How many of its elements any way of computing the operator has to touch; all, unless the call leaves some out.
  public var leastCount: Count

  public init(
    _ name: String, _ shape: Shape, _ elementType: ElementType = .float32, content: Content = .values,
    role: Role = .activation, keptForBackward: Bool = false, optional: Bool = false, returnable: Bool = false,
    leastCount: Count? = nil
  ) {
    self.name = name
    self.shape = shape
    self.elementType = elementType
    self.content = content
    self.role = role
    isKeptForBackward = keptForBackward
    isOptional = optional
    isReturnable = returnable
    self.leastCount = leastCount ?? shape.count
  }

  /// The type and the content in words, for the documentation.
  public var typeDescription: String {
    switch content {
    case .values: elementType.name.lowercased()
    case .magnitudes: "\(elementType.name.lowercased()), 0 or more"
    case .indices(let extent): "\(elementType.name.lowercased()) below \(extent.rawValue)"
    case .stored: "\(elementType.name), or as stored otherwise"
    }
  }

  public func elementCount(_ extents: Extents) -> Int { shape.count(extents) }

  public func byteCount(_ extents: Extents) -> Int { elementType.byteCount(ofElements: elementCount(extents)) }

  /// Its part of Q.
  public func leastByteCount(_ extents: Extents) -> Int { elementType.byteCount(ofElements: leastCount(extents)) }
}

extension Operand.Shape: CustomStringConvertible {
  public var description: String {
    let width = "(query-heads + 2 · key-value-heads) · head-dimension"
    return switch self {
    case .single: "1"
    case .projection(let rows): "batch × \(rows.rawValue) × \(width)"
    case .projectionVector: width
    case .projectionMatrix(let columns): width + " × " + columns.rawValue
    default: extents.map(\.rawValue).joined(separator: " × ")
    }
  }
}
