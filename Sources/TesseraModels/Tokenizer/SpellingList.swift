/// Texts one after the other in one array. A vocabulary's 100,000 strings would otherwise be as many allocations.
///
/// A text is the bytes that it was given as; as a `String`, what is not UTF-8 in it is U+FFFD.
public struct SpellingList: Hashable, Sendable {
  private(set) var bytes: [UInt8] = []
  /// Where each text begins, and where the last one ends.
  private(set) var starts = [0]

  public init() {}

  init(capacity: Int) {
    starts.reserveCapacity(capacity + 1)
  }

  mutating func append(bytes text: some Collection<UInt8>) {
    bytes.append(contentsOf: text)
    starts.append(bytes.count)
  }

  func bytes(of index: Int) -> ArraySlice<UInt8> { bytes[starts[index]..<starts[index + 1]] }
}

extension SpellingList: RandomAccessCollection, MutableCollection, RangeReplaceableCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int { starts.count - 1 }

  public subscript(index: Int) -> String {
    get { String(decoding: bytes(of: index), as: UTF8.self) }
    set { replaceSubrange(index..<index + 1, with: CollectionOfOne(newValue)) }
  }

  public mutating func append(_ text: String) { append(bytes: text.utf8) }

  /// Moves all that comes behind.
  public mutating func replaceSubrange(_ range: Range<Int>, with texts: some Collection<String>) {
    let old = self
    bytes.removeSubrange(starts[range.lowerBound]...)
    starts.removeSubrange((range.lowerBound + 1)...)
    for text in texts { append(text) }
    for index in range.upperBound..<old.count { append(bytes: old.bytes(of: index)) }
  }
}

extension SpellingList: ExpressibleByArrayLiteral {
  public init(arrayLiteral texts: String...) { self.init(texts) }
}
