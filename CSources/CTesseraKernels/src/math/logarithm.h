// The natural logarithm on the vector layer. Include after isa/avx2.h or isa/avx512.h.
#ifndef TSR_MATH_LOGARITHM_H
#define TSR_MATH_LOGARITHM_H

/// ln(1 + x) for 0 <= x <= 1, to 2 ulp; NaN stays NaN.
///
/// ln(1 + x) = 2 atanh(s) with s = x / (2 + x) <= 1/3, and atanh(s) / s = 1 + s^2/3 + s^4/5 + ..., of which the terms
/// from s^14/15 on are less than 1.6e-8: a quarter of float's rounding. Nothing cancels where x is near 0.
TSR_INLINE vector vector_logarithm_of_1_plus(vector x) {
  const vector s = x / (vector_broadcast(2.0f) + x);
  const vector u = s * s;
  vector sum = vector_fma(vector_broadcast(1.0f / 13), u, vector_broadcast(1.0f / 11));
  sum = vector_fma(sum, u, vector_broadcast(1.0f / 9));
  sum = vector_fma(sum, u, vector_broadcast(1.0f / 7));
  sum = vector_fma(sum, u, vector_broadcast(1.0f / 5));
  sum = vector_fma(sum, u, vector_broadcast(1.0f / 3));
  sum = vector_fma(sum, u, vector_broadcast(1.0f));
  return (s + s) * sum;
}

#endif
