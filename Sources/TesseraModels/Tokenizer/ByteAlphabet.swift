/// The letters that byte-level vocabularies spell bytes with, one Unicode scalar a byte.
///
/// Bytes that print in Latin-1 (33…126, 161…172, 174…255) stand for themselves; the others are numbered on from 256 in
/// order, so that a blank is spelled U+0120. Radford et al.: "Language models are unsupervised multitask learners"
/// (2019), section 2.2, and the code published with it.
enum ByteAlphabet {
  /// The scalar that spells a byte.
  static let scalars: [Unicode.Scalar] = {
    var next: UInt32 = 256
    return (0..<256).map { (byte: UInt32) in
      if printable(byte) { return Unicode.Scalar(UInt8(byte)) }
      defer { next += 1 }
      return Unicode.Scalar(next)!
    }
  }()

  /// The byte that a scalar spells; nil: the alphabet has no such letter.
  static func byte(of scalar: Unicode.Scalar) -> UInt8? {
    scalar.value < bytes.count ? bytes[Int(scalar.value)] : nil
  }

  /// Appends the bytes that a token's spelling, UTF-8, stands for. Whether all of its letters are of the alphabet.
  static func append(_ spelling: ArraySlice<UInt8>, to text: inout [UInt8]) -> Bool {
    var place = spelling.startIndex
    while place < spelling.endIndex {
      guard let (scalar, length) = UTF8Sequence.scalar(at: place, of: spelling), let byte = byte(of: scalar) else {
        return false
      }
      text.append(byte)
      place += length
    }
    return true
  }

  /// The spelling of bytes, as the UTF-8 of a vocabulary's entry.
  static func spelling(of bytes: some Sequence<UInt8>) -> [UInt8] {
    bytes.flatMap { UTF8.encode(scalars[Int($0)])! }
  }

  private static let bytes: [UInt8?] = {
    var table = [UInt8?](repeating: nil, count: Int(scalars.max()!.value) + 1)
    for (byte, scalar) in scalars.enumerated() { table[Int(scalar.value)] = UInt8(byte) }
    return table
  }()

  private static func printable(_ byte: UInt32) -> Bool {
    (33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte)
  }
}
