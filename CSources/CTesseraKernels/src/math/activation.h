// GELU, its tanh approximation and SiLU on the vector layer. Include after an instruction-set layer and a
// gelu_tail_*.h.
#ifndef TSR_MATH_ACTIVATION_H
#define TSR_MATH_ACTIVATION_H

#include "exp2.h"

// Each is x * F(x), where F rises from 0 to 1 and F(x) + F(-x) = 1. With a = |x| and T(a) = F(-a) that is
//
//     x F(x) = max(x, 0) - a T(a)
//
// for both signs: nothing cancels where x < 0, and where x > 0 at most half of x is taken away. T falls like an
// exponential 2^(n + r). The exponent is taken to more bits than a float has, and 2^n is multiplied on last, so that
// the result is right to a few ulp down to the subnormal numbers.
//
// The parts of GELU come from gelu_tail_*.h.

/// a[i] = |x[i]|, but no more than `most`, at which the tail is 0 to float. NaN gives `most`: max(x, 0) carries it.
TSR_INLINE void activation_magnitudes(size_t count, const vector *x, float most, vector *a) {
  EACH_VECTOR a[i] = vector_absolute(x[i]);
  EACH_VECTOR a[i] = vector_min(a[i], vector_broadcast(most));
}

/// x[i] <- max(x[i], 0) - tail[i]; NaN stays NaN, and -0 stays -0.
TSR_INLINE void activation_finish(size_t count, vector *x, const vector *tail) {
  EACH_VECTOR x[i] = vector_max(vector_zero(), x[i]);
  EACH_VECTOR x[i] = x[i] - tail[i];
}

/// x[i] <- x[i] / (1 + 2^(n[i] + r[i])) for x >= 0, and likewise for x < 0, of a = |x|. Up to n = `subnormal` the tail
/// a / (1 + 2^(n + r)) 2^(n + r) is subnormal.
TSR_INLINE void activation_logistic(
    size_t count, vector *x, const vector *a, const vector_power *n, const vector *r, float subnormal) {
  vector fraction[MOST_VECTORS], whole[MOST_VECTORS], tail[MOST_VECTORS];
  vectors_exp2_fractions(count, r, fraction);
  // 1 + 2^-64 is 1.
  EACH_VECTOR whole[i] = vector_times_power(fraction[i], vector_power_at_least(n[i], -64.0f));
  EACH_VECTOR whole[i] = vector_broadcast(1.0f) + whole[i];
  EACH_VECTOR tail[i] = a[i] * fraction[i];
  EACH_VECTOR tail[i] = tail[i] / whole[i];
  EACH_VECTOR tail[i] = vector_times_small_power(tail[i], n[i], subnormal);
  activation_finish(count, x, tail);
}

/// exp(-a[i]) = 2^(n[i] + r[i])
TSR_INLINE void silu_exponents(size_t count, const vector *a, vector_power *n, vector *r) {
  EACH_VECTOR r[i] = a[i] * vector_broadcast(-LOG2_E);
  EACH_VECTOR n[i] = vector_nearest_power(r[i]);
  EACH_VECTOR r[i] = vector_fma(a[i], vector_broadcast(-LOG2_E), -vector_power_exponent(n[i]));
  EACH_VECTOR r[i] = vector_fma(a[i], vector_broadcast(-LOG2_E_REST), r[i]);
}

/// x[i] <- x / (1 + exp(-x))
TSR_INLINE void activation_silu(size_t count, vector *x) {
  vector a[MOST_VECTORS], r[MOST_VECTORS];
  vector_power n[MOST_VECTORS];
  activation_magnitudes(count, x, 110.0f, a);
  silu_exponents(count, a, n, r);
  // There a is about 92.
  activation_logistic(count, x, a, n, r, -133.0f);
}

// 2 sqrt(2 / pi) log2(e), and 0.044715 of it, in two floats each. The first has 20 bits, so that what is left of
// GELU_LINEAR + GELU_CUBIC a^2 after rounding can be told exactly.
static const float GELU_LINEAR = 0x1.26aecp+1f, GELU_LINEAR_REST = 0x1.0de73ap-22f;
static const float GELU_CUBIC = 0x1.a5a7dp-4f, GELU_CUBIC_REST = -0x1.151aaep-29f;

/// exp(-2 sqrt(2 / pi) (a + 0.044715 a^3)) = 2^(n[i] + r[i]) of a[i].
TSR_INLINE void gelu_tanh_exponents(size_t count, const vector *a, vector_power *n, vector *r) {
  const vector linear = vector_broadcast(GELU_LINEAR), cubic = vector_broadcast(GELU_CUBIC);
  vector square[MOST_VECTORS], slope[MOST_VECTORS], rest[MOST_VECTORS];
  EACH_VECTOR square[i] = a[i] * a[i];
  EACH_VECTOR slope[i] = vector_fma(cubic, square[i], linear);
  EACH_VECTOR r[i] = -(a[i] * slope[i]);
  EACH_VECTOR n[i] = vector_nearest_power(r[i]);
  // What slope and square lack by rounding, and their constants.
  EACH_VECTOR rest[i] = vector_fma(cubic, square[i], linear - slope[i]);
  EACH_VECTOR rest[i] = vector_fma(cubic, vector_fma(a[i], a[i], -square[i]), rest[i]);
  EACH_VECTOR square[i] = vector_fma(
      vector_broadcast(GELU_CUBIC_REST), square[i], vector_broadcast(GELU_LINEAR_REST));
  EACH_VECTOR rest[i] = rest[i] + square[i];
  EACH_VECTOR r[i] = vector_fma(-a[i], slope[i], -vector_power_exponent(n[i]));
  EACH_VECTOR r[i] = vector_fma(-a[i], rest[i], r[i]);
}

/// x[i] <- x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 = x / (1 + exp(-2 sqrt(2 / pi) (x + 0.044715 x^3)))
TSR_INLINE void activation_gelu_tanh(size_t count, vector *x) {
  vector a[MOST_VECTORS], r[MOST_VECTORS];
  vector_power n[MOST_VECTORS];
  activation_magnitudes(count, x, 11.0f, a);
  gelu_tanh_exponents(count, a, n, r);
  // There a is about 10.1.
  activation_logistic(count, x, a, n, r, -129.0f);
}

/// x[i] <- x (1 + erf(x / sqrt(2))) / 2
TSR_INLINE void activation_gelu(size_t count, vector *x) {
  vector a[MOST_VECTORS], tail[MOST_VECTORS];
  activation_magnitudes(count, x, 14.5f, a);
  gelu_tails(count, a, tail);
  activation_finish(count, x, tail);
}

#endif
