/// What the elements of an operand are.
public enum ElementType: Hashable, Sendable {
  case float32
  /// A mask's byte.
  case uint8
  /// The number of a row or column of another operand, as `Int32`: 0 or more and below this extent.
  case index(below: Extent)
  /// As a model file stores them, row after row of whole blocks, at any alignment.
  case stored(StoredType)

  public var isIndex: Bool { if case .index = self { true } else { false } }

  /// Of whole blocks.
  public func byteCount(ofElements count: Int) -> Int {
    switch self {
    case .float32, .index: count * 4
    case .uint8: count
    case .stored(let type): count / type.blockElements * type.blockBytes
    }
  }
}

extension ElementType: CustomStringConvertible {
  public var description: String {
    switch self {
    case .float32: "f32"
    case .uint8: "u8"
    case .index(let extent): "i32 below \(extent.rawValue)"
    case .stored(let type): "\(type.name), or as stored otherwise"
    }
  }
}
