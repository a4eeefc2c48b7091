extension ElementType {
  /// Stores floats as float32 or bfloat16, rounded to nearest, ties to even. NaN stays NaN.
  package func store(_ floats: UnsafePointer<Float>, count: Int, to stored: UnsafeMutableRawPointer) {
    if self == .float32 {
      stored.copyMemory(from: floats, byteCount: count * MemoryLayout<Float>.stride)
      return
    }
    precondition(self == .bfloat16)
    for i in 0..<count {
      let bits = floats[i].bitPattern
      let rounded = floats[i].isNaN ? bits | 0x40_0000 : bits &+ 0x7fff &+ (bits >> 16 & 1)
      stored.storeBytes(of: UInt16(truncatingIfNeeded: rounded >> 16), toByteOffset: 2 * i, as: UInt16.self)
    }
  }
}
