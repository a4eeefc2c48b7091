/// An array in a GGUF file's metadata, of which each element is read when it is asked for. Keeps the file mapped.
/// `Array(_:)` makes one in memory of it.
public struct GGUFArray<Element: Sendable>: RandomAccessCollection, Sendable {
  public let count: Int
  private let element: @Sendable (Int) -> Element

  init(count: Int, element: @escaping @Sendable (Int) -> Element) {
    (self.count, self.element) = (count, element)
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { count }

  public subscript(index: Int) -> Element {
    precondition(index >= 0 && index < count, "index \(index) of \(count)")
    return element(index)
  }
}
