/// Numbers of any width as the widest.
extension GGUFValueType {
  var isInteger: Bool {
    switch self {
    case .uint8, .int8, .uint16, .int16, .uint32, .int32, .uint64, .int64: true
    case .float32, .float64, .bool, .string, .array: false
    }
  }

  var isFloat: Bool { self == .float32 || self == .float64 }

  /// nil where an unsigned one is above `Int.max`.
  func integer(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int? {
    func load<Number: FixedWidthInteger>(_: Number.Type) -> Int? {
      Int(exactly: Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self)))
    }
    return switch self {
    case .uint8: load(UInt8.self)
    case .int8: load(Int8.self)
    case .uint16: load(UInt16.self)
    case .int16: load(Int16.self)
    case .uint32: load(UInt32.self)
    case .int32: load(Int32.self)
    case .uint64: load(UInt64.self)
    case .int64: load(Int64.self)
    case .float32, .float64, .bool, .string, .array: preconditionFailure("\(self) is no integer type")
    }
  }

  func float(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Double {
    switch self {
    case .float32:
      Double(Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))))
    case .float64:
      Double(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
    default: preconditionFailure("\(self) is no floating-point type")
    }
  }
}
