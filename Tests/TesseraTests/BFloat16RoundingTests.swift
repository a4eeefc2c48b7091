import Tessera
import Testing

/// What a cache of bfloat16 stores of a float.
struct BFloat16RoundingTests {
  @Test(
    arguments: [
      (UInt32(0x3f80_0000), UInt16(0x3f80)),
      // Halfway between two: to the even one, down and up.
      (0x3f80_8000, 0x3f80), (0x3f81_8000, 0x3f82),
      (0x3f80_7fff, 0x3f80), (0x3f80_8001, 0x3f81), (0xbf81_8000, 0xbf82),
      // Past the greatest finite number; infinities; the smallest float.
      (0x7f7f_ffff, 0x7f80), (0x7f80_0000, 0x7f80), (0xff80_0000, 0xff80), (0x0000_0001, 0x0000),
      // NaN stays NaN though only its lowest bit says so.
      (0x7f80_0001, 0x7fc0), (0xffc0_0000, 0xffc0),
    ] as [(UInt32, UInt16)])
  func isToNearestEven(bits: UInt32, expected: UInt16) {
    var stored: UInt16 = 0
    withUnsafePointer(to: Float(bitPattern: bits)) { float in
      withUnsafeMutableBytes(of: &stored) { ElementType.bfloat16.store(float, count: 1, to: $0.baseAddress!) }
    }
    #expect(stored == expected)
  }
}
