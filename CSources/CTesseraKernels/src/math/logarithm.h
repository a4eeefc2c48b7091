// The natural logarithm on the vector layer. Include after isa/avx2.h or isa/avx512.h.
#ifndef TSR_MATH_LOGARITHM_H
#define TSR_MATH_LOGARITHM_H

/// sum + ln(1 + x) for 0 <= x <= 1, to 0.51 ulp of the result where it is not nearly 0, and else to 2^-30: what both
/// lose by rounding is carried along. NaN stays NaN; of an infinite sum it is NaN.
///
/// ln(1 + x) = 2 atanh(s) with s = x / (2 + x) <= 1/3, and atanh(s) / s = 1 + s^2/3 + s^4/5 + ..., of which the terms
/// from s^14/15 on are less than 1.6e-8 of the whole.
TSR_INLINE vector vector_add_logarithm_of_1_plus(vector sum, vector x) {
  const vector two = vector_broadcast(2.0f);
  const vector divisor = two + x, divisor_rest = x - (divisor - two);
  const vector s = x / divisor;
  // s + s_rest is the quotient to twice the digits.
  const vector s_rest = (vector_fma(-s, divisor, x) - s * divisor_rest) / divisor;
  const vector u = s * s;
  vector series = vector_fma(vector_broadcast(1.0f / 15), u, vector_broadcast(1.0f / 13));
  series = vector_fma(series, u, vector_broadcast(1.0f / 11));
  series = vector_fma(series, u, vector_broadcast(1.0f / 9));
  series = vector_fma(series, u, vector_broadcast(1.0f / 7));
  series = vector_fma(series, u, vector_broadcast(1.0f / 5));
  series = vector_fma(series, u, vector_broadcast(1.0f / 3));
  const vector high = s + s, low = vector_fma(high * u, series, s_rest + s_rest);
  // total + total_rest = sum + high, exactly (Knuth's two-sum).
  const vector total = sum + high, added = total - sum;
  const vector total_rest = (sum - (total - added)) + (high - added);
  return total + (total_rest + low);
}

#endif
