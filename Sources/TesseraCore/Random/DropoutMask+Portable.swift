import CTesseraKernels

extension DropoutMaskKernels {
  static let portable = DropoutMaskKernels(
    dropout_mask: tsr_u8_dropout_mask__portable)
}

/// Keep decisions, one byte an element (1 kept, 0 dropped), for `columns` columns of one row: the contract of
/// tsr_philox.h.
func tsr_u8_dropout_mask__portable(
  _ dropout: UnsafePointer<tsr_dropout>?, _ columns: Int, _ mask: UnsafeMutablePointer<UInt8>?
) {
  let draws = DropoutRow(dropout!.pointee, row: dropout!.pointee.row)
  let mask = mask!
  var column = 0
  while column + 8 <= columns {
    let kept = draws.keptMask(block: column / 8)
    let bytes = SIMD8<UInt8>(truncatingIfNeeded: SIMD8<UInt32>(truncatingIfNeeded: kept) & 1)
    UnsafeMutableRawPointer(mask + column).storeBytes(of: bytes, as: SIMD8<UInt8>.self)
    column += 8
  }
  if column < columns {
    let kept = draws.keptMask(block: column / 8)
    for lane in 0..<(columns - column) { mask[column + lane] = kept[lane] == 0 ? 0 : 1 }
  }
}

/// The decisions of one row, eight columns at a time, as lane masks for portable kernels.
public struct DropoutRow {
  private let key: SIMD2<UInt32>
  private let tail: SIMD4<UInt32>
  private let threshold: SIMD8<UInt32>
  public let keepScale: SIMD8<Float>

  @inline(__always)
  public init(_ dropout: tsr_dropout, row: UInt32) {
    key = SIMD2(dropout.key.0, dropout.key.1)
    tail = SIMD4(0, row, dropout.plane, dropout.offset)
    threshold = SIMD8(repeating: dropout.threshold)
    keepScale = SIMD8(repeating: dropout.keep_scale)
  }

  /// All ones in the lanes of columns 8·block ..< 8·block + 8 that are kept, all zeros in the others.
  @inline(__always)
  public func keptMask(block: Int) -> SIMD8<Int32> {
    var counter = tail
    counter.x = UInt32(truncatingIfNeeded: block)
    let draws = SIMD8<UInt32>(truncatingIfNeeded: Philox4x32.draws(counter: counter, key: key))
    // The difference of two values below 2^17 is negative exactly where the draw is below the threshold.
    let difference = SIMD8<Int32>(truncatingIfNeeded: draws) &- SIMD8<Int32>(truncatingIfNeeded: threshold)
    return ~(difference &>> SIMD8(repeating: 31))
  }

  /// dropout(x): kept lanes scaled, dropped ones exactly 0 whatever they held.
  @inline(__always)
  public func apply(_ values: SIMD8<Float>, block: Int) -> SIMD8<Float> {
    let scaled = unsafeBitCast(values * keepScale, to: SIMD8<Int32>.self)
    return unsafeBitCast(scaled & keptMask(block: block), to: SIMD8<Float>.self)
  }
}
