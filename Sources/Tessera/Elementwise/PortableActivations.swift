// As in src/math/activation.h, GELU's coefficients as in gelu_tail_quotient.h: x · F(x) = max(x, 0) − a · T(a),
// a = |x|, T(a) = F(−a) = 2^n · 2^r · (a factor near 1). The exponent is taken in double precision where C takes it in
// two floats.

/// x / (1 + exp(−x))
@inline(__always)
func portableSiLU(_ x: SIMD8<Float>) -> SIMD8<Float> {
  let a = magnitude(x, upTo: 110)
  return positive(x) - logisticTail(a, exponential(ofMinus: SIMD8<Double>(a)))
}

/// x · (1 + tanh(√(2/π) · (x + 0.044715 · x³))) / 2 = x / (1 + exp(−2 · √(2/π) · (x + 0.044715 · x³)))
@inline(__always)
func portableGELUTanh(_ x: SIMD8<Float>) -> SIMD8<Float> {
  let a = magnitude(x, upTo: 11)
  let wide = SIMD8<Double>(a)
  // 2 · √(2/π), and 0.044715 of it.
  let exponent = wide * (1.5957691216057308 + 0.07135481627260026 * wide * wide)
  return positive(x) - logisticTail(a, exponential(ofMinus: exponent))
}

/// x · (1 + erf(x / √2)) / 2
@inline(__always)
func portableGELU(_ x: SIMD8<Float>) -> SIMD8<Float> {
  let a = magnitude(x, upTo: 14.5)
  let wide = SIMD8<Double>(a)
  let e = exponential(ofMinus: wide * wide * 0.5)
  let (p, q) = millsPolynomials(a)
  return positive(x) - timesPower(a * e.fraction * p / q, e.exponent)
}

/// T(a) of the normal distribution is exp(−a² / 2) · p / q.
@inline(__always)
private func millsPolynomials(_ a: SIMD8<Float>) -> (p: SIMD8<Float>, q: SIMD8<Float>) {
  var p = multiplyAdd(SIMD8(repeating: 0x1.0ba984p-8), a, SIMD8(repeating: 0x1.4b43a4p-5))
  p = multiplyAdd(p, a, SIMD8(repeating: 0x1.76239ap-3))
  p = multiplyAdd(p, a, SIMD8(repeating: 0x1.c01a2cp-2))
  p = multiplyAdd(p, a, SIMD8(repeating: 0x1p-1))
  var q = multiplyAdd(SIMD8(repeating: 0x1.4f75f6p-7), a, SIMD8(repeating: 0x1.9f3478p-4))
  q = multiplyAdd(q, a, SIMD8(repeating: 0x1.df3dd2p-2))
  q = multiplyAdd(q, a, SIMD8(repeating: 0x1.334684p+0))
  q = multiplyAdd(q, a, SIMD8(repeating: 0x1.ac4f44p+0))
  q = multiplyAdd(q, a, SIMD8(repeating: 1))
  return (p, q)
}

/// 2^exponent · fraction.
private struct SplitExponential {
  var exponent: SIMD8<Int32>
  var fraction: SIMD8<Float>
}

/// exp(−v) for 0 ≤ v ≤ 120.
@inline(__always)
private func exponential(ofMinus v: SIMD8<Double>) -> SplitExponential {
  let t = v * -1.4426950408889634
  // Adding and subtracting 1.5 · 2^52 rounds to the nearest integer, whose low bits the sum ends in.
  let rounding = SIMD8<Double>(repeating: 0x1.8p+52)
  let shifted = t + rounding
  let r = SIMD8<Float>(t - (shifted - rounding))
  let fraction = multiplyAdd(exponential2Quotient(r), r, SIMD8(repeating: 1))
  let exponent = SIMD8<Int32>(truncatingIfNeeded: unsafeBitCast(shifted, to: SIMD8<Int64>.self))
  return SplitExponential(exponent: exponent, fraction: fraction)
}

/// a · e / (1 + e)
@inline(__always)
private func logisticTail(_ a: SIMD8<Float>, _ e: SplitExponential) -> SIMD8<Float> {
  timesPower(a * e.fraction / (1 + timesPower(e.fraction, e.exponent)), e.exponent)
}

/// x · 2^n for n in −190 … 63: into the subnormal numbers, where it is rounded once.
@inline(__always)
private func timesPower(_ x: SIMD8<Float>, _ n: SIMD8<Int32>) -> SIMD8<Float> {
  x * powerOfTwo(n &+ SIMD8(repeating: 64)) * 0x1p-64
}

/// |x|, but no more than `most`. NaN gives `most`: `positive` carries it.
@inline(__always)
private func magnitude(_ x: SIMD8<Float>, upTo most: Float) -> SIMD8<Float> {
  let limit = SIMD8<Float>(repeating: most)
  let absolute = unsafeBitCast(
    unsafeBitCast(x, to: SIMD8<UInt32>.self) & SIMD8(repeating: 0x7FFF_FFFF), to: SIMD8<Float>.self)
  return limit.replacing(with: absolute, where: absolute .< limit)
}

/// max(x, 0); NaN stays NaN, and −0 stays −0.
@inline(__always)
private func positive(_ x: SIMD8<Float>) -> SIMD8<Float> {
  x.replacing(with: SIMD8(repeating: 0), where: x .< SIMD8(repeating: 0))
}

// The derivatives, as in src/math/activation_derivative.h: x < 0 ? D(a) : 1 − D(a), a = |x|.

/// Φ(x) + x · φ(x)
@inline(__always)
func portableGELUDerivative(_ x: SIMD8<Float>) -> SIMD8<Float> {
  let a = magnitude(x, upTo: 12.9)
  let wide = SIMD8<Double>(a)
  let e = exponential(ofMinus: wide * wide * 0.5)
  let (p, q) = millsPolynomials(a)
  // 1 / √(2π)
  let density: SIMD8<Float> = a * Float(0.3989423)
  let difference: SIMD8<Float> = p / q - density
  return derivative(x, e, difference * e.fraction, most: 12.9)
}

/// The derivative of x · (1 + tanh(√(2/π) · (x + 0.044715 · x³))) / 2
@inline(__always)
func portableGELUTanhDerivative(_ x: SIMD8<Float>) -> SIMD8<Float> {
  let a = magnitude(x, upTo: 9.8)
  let wide = SIMD8<Double>(a)
  let square: SIMD8<Double> = wide * wide * Double(0.07135481627260026)
  let e = exponential(ofMinus: wide * (square + Double(1.5957691216057308)))
  // 2 · √(2/π), and 3 · 0.044715 of it.
  let slope = multiplyAdd(a * a, SIMD8(repeating: 0.21406445), SIMD8(repeating: 1.5957691))
  return derivative(x, e, logisticFactor(a * slope, e), most: 9.8)
}

/// σ(x) · (1 + x · (1 − σ(x)))
@inline(__always)
func portableSiLUDerivative(_ x: SIMD8<Float>) -> SIMD8<Float> {
  let a = magnitude(x, upTo: 83)
  let e = exponential(ofMinus: SIMD8<Double>(a))
  return derivative(x, e, logisticFactor(a, e), most: 83)
}

/// D / 2^n of a logistic function: fraction · s · (1 − v · s), s = 1 / (1 + e).
@inline(__always)
private func logisticFactor(_ v: SIMD8<Float>, _ e: SplitExponential) -> SIMD8<Float> {
  let one = SIMD8<Float>(repeating: 1)
  let exponential: SIMD8<Float> = e.fraction * powerOfTwo(e.exponent)
  let s: SIMD8<Float> = one / (one + exponential)
  let rest: SIMD8<Float> = one - v * s
  return e.fraction * s * rest
}

@inline(__always)
private func derivative(
  _ x: SIMD8<Float>, _ e: SplitExponential, _ factor: SIMD8<Float>, most: Float
) -> SIMD8<Float> {
  let product: SIMD8<Float> = factor * powerOfTwo(e.exponent)
  let isOutside = magnitude(x, upTo: .infinity) .> SIMD8<Float>(repeating: most)
  let tail = product.replacing(with: SIMD8<Float>(repeating: 0), where: isOutside)
  let complement: SIMD8<Float> = SIMD8<Float>(repeating: 1) - tail
  let result = complement.replacing(with: tail, where: x .< SIMD8<Float>(repeating: 0))
  return result.replacing(with: x, where: x .!= x)
}
