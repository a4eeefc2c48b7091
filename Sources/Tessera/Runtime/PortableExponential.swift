/// exp of each lane, by range reduction to |r| ≤ ln 2 / 2 and a polynomial; about 1 ulp.
///
/// exp(x) = 2^n · exp(r), n = round(x / ln 2), r = x − n · ln 2, ln 2 in two parts so that the product with n is exact
/// (Cody and Waite 1980). Below −87.34, where results would be subnormal, the result is 0; above 88.72 it is +inf;
/// NaN stays NaN.
@inline(__always)
func exponential(_ x: SIMD8<Float>) -> SIMD8<Float> {
  let lowest = SIMD8<Float>(repeating: -87.336_54)
  let highest = SIMD8<Float>(repeating: 88.722_84)
  var clamped = x.replacing(with: lowest, where: x .< lowest)
  clamped = clamped.replacing(with: highest, where: clamped .> highest)
  // Adding and subtracting 1.5 · 2^23 rounds to the nearest integer without a call a lane.
  let rounding = SIMD8<Float>(repeating: 12_582_912)
  let shifted = multiplyAdd(clamped, SIMD8(repeating: 1.442_695_04), rounding)
  let n = shifted - rounding
  var r = multiplyAdd(n, SIMD8(repeating: -0.693_359_375), clamped)
  r = multiplyAdd(n, SIMD8(repeating: 2.121_944_4e-4), r)
  // Cephes' minimax coefficients for (exp(r) − 1 − r) / r² on ± ln 2 / 2.
  var p = SIMD8<Float>(repeating: 1.987_569_15e-4)
  p = multiplyAdd(p, r, SIMD8(repeating: 1.398_199_950_7e-3))
  p = multiplyAdd(p, r, SIMD8(repeating: 8.333_451_907_3e-3))
  p = multiplyAdd(p, r, SIMD8(repeating: 4.166_579_589_4e-2))
  p = multiplyAdd(p, r, SIMD8(repeating: 1.666_666_545_9e-1))
  p = multiplyAdd(p, r, SIMD8(repeating: 5.000_000_120_1e-1))
  let fraction = multiplyAdd(p, r * r, r) + 1
  // 2^n in two factors, because n reaches 128, one past the exponents of finite numbers.
  let exponent = SIMD8<Int32>(truncatingIfNeeded: unsafeBitCast(shifted, to: SIMD8<Int32>.self) &- 0x4B40_0000)
  let half = exponent &>> SIMD8(repeating: 1)
  let result = fraction * powerOfTwo(half) * powerOfTwo(exponent &- half)
  let zeroed = result.replacing(with: 0, where: x .< lowest)
  let infinite = zeroed.replacing(with: .infinity, where: x .> highest)
  return infinite.replacing(with: x, where: x .!= x)
}

@inline(__always)
private func powerOfTwo(_ exponent: SIMD8<Int32>) -> SIMD8<Float> {
  unsafeBitCast((exponent &+ 127) &<< SIMD8(repeating: 23), to: SIMD8<Float>.self)
}
