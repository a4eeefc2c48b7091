import Tessera

/// A tensor of the layer. Rows read and write tensors by name; each has memory of its own.
public struct LayerTensor: Hashable, Sendable {
  public enum Content: Hashable, Sendable {
    /// Given: the same uniform numbers on every run, in centre − reach ..< centre + reach.
    case fixed(centre: Float = 0, reach: Float)
    /// A row's result, for later rows or for the backward pass.
    case result
    /// A row's result that only the next operator of the same row reads: not among the row's outputs.
    case intermediate
  }

  public var name: String
  public var elementCount: Int
  public var elementType: ElementType
  public var content: Content

  init(_ name: String, _ extents: Int..., of elementType: ElementType = .float32, content: Content = .result) {
    self.name = name
    elementCount = extents.reduce(1, *)
    self.elementType = elementType
    self.content = content
  }

  public var byteCount: Int { elementType.byteCount(ofElements: elementCount) }
}
