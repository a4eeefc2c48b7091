/// What the elements of a tensor are, in memory and in model files: numbers, or blocks of quantised ones.
///
/// A row is a whole number of blocks. The raw value is the type's number in GGUF, and in tsr_stored.h; that of `uint8`,
/// which GGUF does not have, is above all of theirs.
public enum ElementType: UInt32, CaseIterable, Hashable, Sendable {
  case float32 = 0
  case float16 = 1
  case q4_0 = 2
  case q4_1 = 3
  case q5_0 = 6
  case q5_1 = 7
  case q8_0 = 8
  case q2_K = 10
  case q3_K = 11
  case q4_K = 12
  case q5_K = 13
  case q6_K = 14
  /// The number of a row or column of another operand.
  case int32 = 26
  case bfloat16 = 30
  /// A mask's byte.
  case uint8 = 0x100

  /// Those that weights are stored as in model files, and `dequantize` reads.
  public static let weightTypes = allCases.filter { $0 != .int32 && $0 != .uint8 }

  /// The name that files and tools write.
  public var name: String { layout.name }
  /// Elements that are stored together.
  public var blockElements: Int { layout.elements }
  /// Bytes of a block.
  public var blockBytes: Int { layout.bytes }

  /// The one table of sizes. The addends of a block's bytes are its parts, in the order in which they lie.
  private var layout: (name: String, elements: Int, bytes: Int) {
    switch self {
    case .float32: ("F32", 1, 4)
    case .float16: ("F16", 1, 2)
    case .bfloat16: ("BF16", 1, 2)
    case .int32: ("I32", 1, 4)
    case .uint8: ("U8", 1, 1)
    case .q8_0: ("Q8_0", 32, 2 + 32)  // scale, a byte each
    case .q4_0: ("Q4_0", 32, 2 + 16)  // scale, half a byte each
    case .q4_1: ("Q4_1", 32, 2 + 2 + 16)  // scale, minimum, half a byte each
    case .q5_0: ("Q5_0", 32, 2 + 4 + 16)  // scale, fifth bits, half a byte each
    case .q5_1: ("Q5_1", 32, 2 + 2 + 4 + 16)  // scale, minimum, fifth bits, half a byte each
    case .q2_K: ("Q2_K", 256, 16 + 64 + 2 + 2)  // 16 + 16 four-bit factors, two bits each, scale, minimum
    case .q3_K: ("Q3_K", 256, 32 + 64 + 12 + 2)  // third bits, two bits each, 16 six-bit factors, scale
    case .q4_K: ("Q4_K", 256, 2 + 2 + 12 + 128)  // scale, minimum, 8 + 8 six-bit factors, half a byte each
    case .q5_K: ("Q5_K", 256, 2 + 2 + 12 + 32 + 128)  // as Q4_K, with fifth bits before the halves of bytes
    case .q6_K: ("Q6_K", 256, 128 + 64 + 16 + 2)  // low four bits, high two bits, 16 factors, scale
    }
  }

  /// Bytes of so many elements, of whole blocks.
  public func byteCount(ofElements count: Int) -> Int { count / blockElements * blockBytes }

  /// The same; nil where they are no whole number of blocks or the size does not fit.
  public func checkedByteCount(ofElements count: Int) -> Int? {
    guard count >= 0, count % blockElements == 0 else { return nil }
    let (bytes, overflow) = (count / blockElements).multipliedReportingOverflow(by: blockBytes)
    return overflow ? nil : bytes
  }

  /// Where a block starts, from the first one on; `element` is its first.
  public func byteOffset(ofElement element: Int) -> Int { byteCount(ofElements: element) }
}
