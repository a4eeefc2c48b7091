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

// `count`, a constant of at most MOST_VECTORS where these are inlined, vectors are taken together: the steps of one
// fill the latency of the others', so that the processor need not look far ahead.

/// A loop over the vectors.
#define EACH_VECTOR _Pragma("clang loop unroll(full)") for (size_t i = 0; i < count; i++)

enum { MOST_VECTORS = 4 };

/// q[i] = (2^r[i] - 1) / r[i] for |r| <= 1/2.
TSR_INLINE void vectors_exp2_quotients(size_t count, const vector *r, vector *q) {
  EACH_VECTOR q[i] = vector_fma(vector_broadcast(EXP2_Q5), r[i], vector_broadcast(EXP2_Q4));
  EACH_VECTOR q[i] = vector_fma(q[i], r[i], vector_broadcast(EXP2_Q3));
  EACH_VECTOR q[i] = vector_fma(q[i], r[i], vector_broadcast(EXP2_Q2));
  EACH_VECTOR q[i] = vector_fma(q[i], r[i], vector_broadcast(EXP2_Q1));
  EACH_VECTOR q[i] = vector_fma(q[i], r[i], vector_broadcast(EXP2_Q0));
}

/// fraction[i] = 2^r[i] for |r| <= 1/2.
TSR_INLINE void vectors_exp2_fractions(size_t count, const vector *r, vector *fraction) {
  vector q[MOST_VECTORS];
  vectors_exp2_quotients(count, r, q);
  EACH_VECTOR fraction[i] = vector_fma(q[i], r[i], vector_broadcast(1.0f));
}

/// x[i] <- 2^x[i] for `count` vectors, to 0.80 ulp (counted over every float: make test-exhaustive). Results
/// below 2^-126 are 0, exp2(-inf) too; NaN stays NaN. Right for x <= 127, and anything where x is greater.
TSR_INLINE void vectors_exp2_below_127(size_t count, vector *x) {
  vector_lanes normal[MOST_VECTORS];
  vector_power n[MOST_VECTORS];
  vector fraction[MOST_VECTORS];
  EACH_VECTOR n[i] = vector_nearest_power(x[i]);
  EACH_VECTOR normal[i] = vector_not_less(x[i], vector_broadcast(EXP2_LEAST));
  EACH_VECTOR x[i] = x[i] - vector_power_exponent(n[i]);
  vectors_exp2_fractions(count, x, fraction);
  EACH_VECTOR x[i] = vector_keep(normal[i], vector_times_power(fraction[i], n[i]));
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
  vector q;
  vectors_exp2_quotients(1, &r, &q);
  return q;
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
