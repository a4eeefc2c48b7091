// exp on the vector layer. Include after isa/avx2.h or isa/avx512.h.
#ifndef TSR_MATH_EXP_H
#define TSR_MATH_EXP_H

// exp(x) = 2^n exp(r) with n = round(x / ln 2) and r = x - n ln 2, so that |r| <= ln(2) / 2.
static const float EXP_INVERSE_LN2 = 0x1.715476p+0f;
// ln 2 rounded to float, and what is missing.
static const float EXP_LN2_HIGH = 0x1.62e430p-1f, EXP_LN2_LOW = -0x1.05c610p-29f;
// exp(r) = 1 + r + r^2 q(r). q is the minimax polynomial of degree 4 for the relative error of exp(r), found by Remez
// exchange and rounded to float: 3.1e-9, a fortieth of the rounding of float. Lowest power first.
static const float EXP_Q0 = 0x1.fffffcp-2f, EXP_Q1 = 0x1.555492p-3f, EXP_Q2 = 0x1.5558f2p-5f;
static const float EXP_Q3 = 0x1.1239d4p-7f, EXP_Q4 = 0x1.6a244cp-10f;

/// exp(r) for |r| <= ln(2) / 2; NaN stays NaN.
TSR_INLINE vector exp_fraction(vector r) {
  const vector square = r * r;
  const vector low = vector_fma(vector_broadcast(EXP_Q1), r, vector_broadcast(EXP_Q0));
  const vector middle = vector_fma(vector_broadcast(EXP_Q3), r, vector_broadcast(EXP_Q2));
  const vector high = vector_fma(vector_broadcast(EXP_Q4), square, middle);
  return vector_fma(vector_fma(high, square, low), square, r) + vector_broadcast(1.0f);
}

TSR_INLINE vector exp_remainder(vector x, vector n) {
  const vector r = vector_fnma(n, vector_broadcast(EXP_LN2_HIGH), x);
  return vector_fnma(n, vector_broadcast(EXP_LN2_LOW), r);
}

/// exp(x), to 1.02 ulp: subnormal results are right, exp(-inf) = 0, exp(inf) = inf, NaN stays NaN.
TSR_INLINE vector vector_exp(vector x) {
  // At -104 the result rounds to 0 even as a subnormal (ln 2^-150 = -103.97), at 89 to infinity (ln 2^128 = 88.72).
  const vector bounded = vector_min(vector_broadcast(89.0f), vector_max(vector_broadcast(-104.0f), x));
  const vector n = vector_round(bounded * vector_broadcast(EXP_INVERSE_LN2));
  return vector_scale_by_power(exp_fraction(exp_remainder(bounded, n)), n);
}

/// x[i] <- exp(x[i]) for `count` vectors with x <= 0 or NaN (x up to 88 is right as well), to 1.02 ulp. Fewer
/// instructions than vector_exp, but results below 2^-126 (x < -87.33) may come out as 0. exp(-inf) = 0; NaN stays NaN.
/// `count` is a constant of at most 4 where this is inlined. On 16 registers two at a time are fastest: the steps of
/// one fill the latency of the other's, so that the processor need not look far ahead.
TSR_INLINE void vectors_exp_nonpositive(size_t count, vector *x) {
  enum { MOST = 4 };
  vector_power n[MOST];
  vector square[MOST], low[MOST], high[MOST];
  const vector least = vector_broadcast((float)VECTOR_POWER_ZERO * 0.693147181f);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < count; i++) x[i] = vector_max(least, x[i]);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < count; i++) n[i] = vector_nearest_power(x[i], vector_broadcast(EXP_INVERSE_LN2));
#pragma clang loop unroll(full)
  for (size_t i = 0; i < count; i++) x[i] = exp_remainder(x[i], vector_power_exponent(n[i]));
#pragma clang loop unroll(full)
  for (size_t i = 0; i < count; i++) square[i] = x[i] * x[i];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < count; i++) {
    high[i] = vector_fma(vector_broadcast(EXP_Q3), x[i], vector_broadcast(EXP_Q2));
    high[i] = vector_fma(vector_broadcast(EXP_Q4), square[i], high[i]);
  }
#pragma clang loop unroll(full)
  for (size_t i = 0; i < count; i++) {
    low[i] = vector_fma(vector_broadcast(EXP_Q1), x[i], vector_broadcast(EXP_Q0));
    low[i] = vector_fma(high[i], square[i], low[i]);
  }
#pragma clang loop unroll(full)
  for (size_t i = 0; i < count; i++) x[i] = vector_fma(low[i], square[i], x[i]) + vector_broadcast(1.0f);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < count; i++) x[i] = vector_times_power(x[i], n[i]);
}

/// The same for one vector.
TSR_INLINE vector vector_exp_nonpositive(vector x) {
  vectors_exp_nonpositive(1, &x);
  return x;
}

#endif
