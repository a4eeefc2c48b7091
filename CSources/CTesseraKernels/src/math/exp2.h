// 2^x on the vector layer: the library's exponential, but GELU's on AVX-512. Include after isa/avx2.h or isa/avx512.h.
#ifndef TSR_MATH_EXP2_H
#define TSR_MATH_EXP2_H

/// log2(e): exp(x) = exp2(x * LOG2_E).
static const float LOG2_E = 0x1.715476p+0f;
/// log2(e) - LOG2_E.
static const float LOG2_E_REST = 0x1.4ae0cp-26f;

// 2^x = 2^n 2^r with n = round(x) and r = x - n, which is exact, so that |r| <= 1/2.
// 2^r = 1 + r q(r). q is the minimax polynomial of degree 5 for the relative error of 2^r, found by linear programming
// with one coefficient after the other rounded to float: 3.0e-9, a fortieth of the rounding of float. Its first
// coefficient is ln 2 rounded to float, so that 2^r - 1 is right to the last bits near 0 as well. Lowest power first.
static const float EXP2_Q0 = 0x1.62e430p-1f, EXP2_Q1 = 0x1.ebfbdcp-3f, EXP2_Q2 = 0x1.c6af7ap-5f;
static const float EXP2_Q3 = 0x1.3b2dd0p-7f, EXP2_Q4 = 0x1.5f0952p-10f, EXP2_Q5 = 0x1.417d74p-13f;
/// The exponent below which a result would be subnormal.
static const float EXP2_LEAST = -126.0f;

/// x[i] <- 2^x[i] for `count` vectors, to 0.80 ulp (counted over every float: make test-exhaustive). Results
/// below 2^-126 are 0, exp2(-inf) too; NaN stays NaN. Right for x <= 127, and anything where x is greater.
///
/// `count` is a constant of at most 4 where this is inlined. The steps of one vector fill the latency of the others',
/// so that the processor need not look far ahead.
TSR_INLINE void vectors_exp2_below_127(size_t count, vector *x) {
  enum { MOST = 4 };
  vector_lanes normal[MOST];
  vector_power n[MOST];
  vector power[MOST];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < count; i++) n[i] = vector_nearest_power(x[i]);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < count; i++) normal[i] = vector_not_less(x[i], vector_broadcast(EXP2_LEAST));
#pragma clang loop unroll(full)
  for (size_t i = 0; i < count; i++) x[i] = x[i] - vector_power_exponent(n[i]);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < count; i++) {
    power[i] = vector_fma(vector_broadcast(EXP2_Q5), x[i], vector_broadcast(EXP2_Q4));
  }
#pragma clang loop unroll(full)
  for (size_t i = 0; i < count; i++) power[i] = vector_fma(power[i], x[i], vector_broadcast(EXP2_Q3));
#pragma clang loop unroll(full)
  for (size_t i = 0; i < count; i++) power[i] = vector_fma(power[i], x[i], vector_broadcast(EXP2_Q2));
#pragma clang loop unroll(full)
  for (size_t i = 0; i < count; i++) power[i] = vector_fma(power[i], x[i], vector_broadcast(EXP2_Q1));
#pragma clang loop unroll(full)
  for (size_t i = 0; i < count; i++) power[i] = vector_fma(power[i], x[i], vector_broadcast(EXP2_Q0));
#pragma clang loop unroll(full)
  for (size_t i = 0; i < count; i++) power[i] = vector_fma(power[i], x[i], vector_broadcast(1.0f));
#pragma clang loop unroll(full)
  for (size_t i = 0; i < count; i++) x[i] = vector_keep(normal[i], vector_times_power(power[i], n[i]));
}

/// 2^x for every x: results below 2^-126 are 0, those of 2^128 and more inf; exp2(-inf) = 0, NaN stays NaN.
TSR_INLINE vector vector_exp2(vector x) {
  // From 127 on half the result is taken and doubled; at 128, where x stops, that gives inf.
  const vector bounded = vector_min(vector_broadcast(128.0f), x);
  const vector_lanes halved = vector_not_less(bounded, vector_broadcast(127.0f));
  vector power = bounded - vector_keep(halved, vector_broadcast(1.0f));
  vectors_exp2_below_127(1, &power);
  return power * vector_select(halved, vector_broadcast(2.0f), vector_broadcast(1.0f));
}

/// (2^r - 1) / r for |r| <= 1/2.
TSR_INLINE vector vector_exp2_quotient(vector r) {
  vector q = vector_fma(vector_broadcast(EXP2_Q5), r, vector_broadcast(EXP2_Q4));
  q = vector_fma(q, r, vector_broadcast(EXP2_Q3));
  q = vector_fma(q, r, vector_broadcast(EXP2_Q2));
  q = vector_fma(q, r, vector_broadcast(EXP2_Q1));
  return vector_fma(q, r, vector_broadcast(EXP2_Q0));
}

/// 2^x - 1 for |x| <= 126, to a few ulp, however near to 0 it comes out; NaN stays NaN.
TSR_INLINE vector vector_exp2_minus_1(vector x) {
  const vector_power n = vector_nearest_power(x);
  const vector r = x - vector_power_exponent(n);
  // 2^n 2^r - 1 = 2^n (2^r - 1) + (2^n - 1), of which only the first term is left where n = 0.
  const vector one = vector_broadcast(1.0f);
  const vector scale = vector_times_power(one, n);
  return vector_fma(vector_exp2_quotient(r) * r, scale, scale - one);
}

#endif
