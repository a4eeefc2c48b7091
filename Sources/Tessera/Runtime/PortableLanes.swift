/// Eight elements from `column` on; past the row's end lanes are 0 and memory is left alone.
@inline(__always)
func loadLanes(_ row: UnsafePointer<Float>, at column: Int, of count: Int) -> SIMD8<Float> {
  if column + 8 <= count {
    return UnsafeRawPointer(row + column).loadUnaligned(as: SIMD8<Float>.self)
  }
  var lanes = SIMD8<Float>(repeating: 0)
  for lane in 0..<(count - column) { lanes[lane] = row[column + lane] }
  return lanes
}

/// Writes the lanes that lie before the row's end.
@inline(__always)
func storeLanes<Lanes: SIMD>(
  _ lanes: Lanes, to row: UnsafeMutablePointer<Lanes.Scalar>, at column: Int, of count: Int
) where Lanes.Scalar: BitwiseCopyable, Lanes: BitwiseCopyable {
  if column + Lanes.scalarCount <= count {
    UnsafeMutableRawPointer(row + column).storeBytes(of: lanes, as: Lanes.self)
  } else {
    for lane in 0..<(count - column) { row[column + lane] = lanes[lane] }
  }
}

/// a · b + c: one rounding where the platform's baseline has fused multiply-add, two where it would be a call a lane.
@inline(__always)
func multiplyAdd(_ a: SIMD8<Float>, _ b: SIMD8<Float>, _ c: SIMD8<Float>) -> SIMD8<Float> {
  #if arch(arm64)
    c.addingProduct(a, b)
  #else
    a * b + c
  #endif
}

/// Calls the body with 0, 8, … and the number of columns that are left there, at most 8.
@inline(__always)
func forEachEight(of count: Int, _ body: (_ column: Int, _ lanes: Int) -> Void) {
  var column = 0
  while column < count {
    body(column, min(8, count - column))
    column += 8
  }
}

extension SIMD8<Float> {
  /// The first `lanes` lanes; 0 in the others.
  @inline(__always)
  func keeping(_ lanes: Int) -> Self {
    guard lanes < 8 else { return self }
    var result = self
    for lane in lanes..<8 { result[lane] = 0 }
    return result
  }
}
