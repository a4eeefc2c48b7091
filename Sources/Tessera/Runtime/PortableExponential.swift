/// log₂ e, by which exp(x) = 2^(x · log₂ e).
let portableLog2E: Float = 0x1.715476p+0

/// 2^x of each lane, by range reduction to |r| ≤ 1/2 and a polynomial; 1.1 ulp.
///
/// 2^x = 2^n · 2^r, n = round(x), r = x − n, which is exact. Results below 2^−126 are 0, those of 2^128 and more +inf;
/// NaN stays NaN. The coefficients are those of src/math/exp2.h.
@inline(__always)
func exponential2(_ x: SIMD8<Float>) -> SIMD8<Float> {
  let (exponent, r) = wholeAndFraction(bounded(x, by: 128))
  let fraction = multiplyAdd(exponential2Quotient(r), r, SIMD8(repeating: 1))
  // 2^n in two factors, because n reaches 128, one past the exponents of finite numbers.
  let half = exponent &>> SIMD8(repeating: 1)
  let result = fraction * powerOfTwo(half) * powerOfTwo(exponent &- half)
  let zeroed = result.replacing(with: 0, where: x .< SIMD8(repeating: -126))
  return zeroed.replacing(with: x, where: x .!= x)
}

/// 2^x − 1 for |x| ≤ 126, to a few ulp, however near to 0 it comes out. The caller looks after NaN.
@inline(__always)
func exponential2Minus1(_ x: SIMD8<Float>) -> SIMD8<Float> {
  let (exponent, r) = wholeAndFraction(x)
  // 2^n · 2^r − 1 = 2^n · (2^r − 1) + (2^n − 1), of which only the first term is left where n = 0.
  let scale = powerOfTwo(exponent)
  return multiplyAdd(exponential2Quotient(r) * r, scale, scale - 1)
}

/// x where −bound ≤ x ≤ bound, else the nearer of the two; NaN gives anything.
@inline(__always)
func bounded(_ x: SIMD8<Float>, by bound: Float) -> SIMD8<Float> {
  let above = x.replacing(with: SIMD8(repeating: -bound), where: x .< SIMD8(repeating: -bound))
  return above.replacing(with: SIMD8(repeating: bound), where: above .> SIMD8(repeating: bound))
}

/// n = round(x) and x − n, for |x| below 2²².
@inline(__always)
private func wholeAndFraction(_ x: SIMD8<Float>) -> (SIMD8<Int32>, SIMD8<Float>) {
  // Adding and subtracting 1.5 · 2^23 rounds to the nearest integer without a call a lane.
  let rounding = SIMD8<Float>(repeating: 0x1.8p+23)
  let shifted = x + rounding
  let exponent = unsafeBitCast(shifted, to: SIMD8<Int32>.self) &- SIMD8(repeating: 0x4B40_0000)
  return (exponent, x - (shifted - rounding))
}

/// (2^r − 1) / r for |r| ≤ 1/2.
@inline(__always)
func exponential2Quotient(_ r: SIMD8<Float>) -> SIMD8<Float> {
  var q = SIMD8<Float>(repeating: 0x1.417d74p-13)
  q = multiplyAdd(q, r, SIMD8(repeating: 0x1.5f0952p-10))
  q = multiplyAdd(q, r, SIMD8(repeating: 0x1.3b2dd0p-7))
  q = multiplyAdd(q, r, SIMD8(repeating: 0x1.c6af7ap-5))
  q = multiplyAdd(q, r, SIMD8(repeating: 0x1.ebfbdcp-3))
  return multiplyAdd(q, r, SIMD8(repeating: 0x1.62e430p-1))
}

/// 2^n for n in −126 … 127.
@inline(__always)
func powerOfTwo(_ exponent: SIMD8<Int32>) -> SIMD8<Float> {
  unsafeBitCast((exponent &+ 127) &<< SIMD8(repeating: 23), to: SIMD8<Float>.self)
}
