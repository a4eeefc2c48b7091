/// Bytes as a dictionary's key.
///
/// `String` would not do: it takes spellings for equal that differ in bytes, such as a composed letter and its parts.
struct ByteString: Hashable {
  let bytes: [UInt8]

  init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  func hash(into hasher: inout Hasher) {
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}
