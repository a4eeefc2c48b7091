/// Training keeps what the backward pass needs; inference does not write it.
public enum ExecutionMode: String, CaseIterable, Codable, Sendable {
  case training, inference
}

public enum ElementType: String, Codable, Sendable {
  case float32 = "f32"
  case uint8 = "u8"

  public var byteCount: Int {
    switch self {
    case .float32: 4
    case .uint8: 1
    }
  }
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

  /// How its elements are arranged; the number of elements follows.
  public enum Shape: Hashable, Sendable {
    /// planes × (first × second), columns contiguous. Layouts may give it a row stride.
    case matrix(Extent, Extent)
    /// planes × first × second of a batched operator.
    case batchedMatrix(Extent, Extent)
    case vector(Extent)

    public var count: Count {
      switch self {
      case .matrix(let rows, let columns): Count(1, rows, columns)
      case .batchedMatrix(let rows, let columns): Count(1, .planes, rows, columns)
      case .vector(let length): Count(1, length)
      }
    }
  }

  public var name: String
  public var shape: Shape
  public var elementType: ElementType
  public var role: Role
  /// Written in training mode only: kept for the backward pass.
  public var isKeptForBackward: Bool

  public init(
    _ name: String, _ shape: Shape, _ elementType: ElementType = .float32, role: Role = .activation,
    keptForBackward: Bool = false
  ) {
    self.name = name
    self.shape = shape
    self.elementType = elementType
    self.role = role
    isKeptForBackward = keptForBackward
  }

  public func elementCount(_ extents: Extents) -> Int { shape.count(extents) }

  public func byteCount(_ extents: Extents) -> Int { elementCount(extents) * elementType.byteCount }
}

extension Operand.Shape: CustomStringConvertible {
  public var description: String {
    let extents: [Extent] =
      switch self {
      case .matrix(let rows, let columns): [rows, columns]
      case .batchedMatrix(let rows, let columns): [.planes, rows, columns]
      case .vector(let length): [length]
      }
    return extents.map(\.rawValue).joined(separator: " × ")
  }
}
