/// A text as the patterns see it: its characters, their classes, and where they lie in the bytes.
///
/// A byte that is not part of well-formed UTF-8 counts as one character of the class `other`.
struct ScannedText {
  private(set) var scalars: [UInt32] = []
  private(set) var classes: [CharacterClass] = []
  /// Where each character starts, and where the last one ends.
  private var starts: [Int] = []

  init(_ bytes: ArraySlice<UInt8>) {
    scalars.reserveCapacity(bytes.count)
    classes.reserveCapacity(bytes.count)
    starts.reserveCapacity(bytes.count + 1)
    var place = bytes.startIndex
    while place < bytes.endIndex {
      starts.append(place)
      let (scalar, length) = UTF8Sequence.scalar(at: place, of: bytes) ?? ("\u{FFFD}", 1)
      scalars.append(scalar.value)
      classes.append(CharacterClass(scalar))
      place += length
    }
    starts.append(bytes.endIndex)
  }

  var count: Int { scalars.count }

  /// Where a range of characters lies in the bytes.
  func bytes(of characters: Range<Int>) -> Range<Int> {
    starts[characters.lowerBound]..<starts[characters.upperBound]
  }
}
