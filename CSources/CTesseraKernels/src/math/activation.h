// GELU, its tanh approximation and SiLU on the vector layer. Include after isa/avx2.h or isa/avx512.h.
#ifndef TSR_MATH_ACTIVATION_H
#define TSR_MATH_ACTIVATION_H

#include "exp2.h"

// Each is x * F(x), where F rises from 0 to 1 and F(x) + F(-x) = 1. With a = |x| and T(a) = F(-a) that is
//
//     x F(x) = max(x, 0) - a T(a)
//
// for both signs: nothing cancels where x < 0, and where x > 0 at most half of x is taken away. T falls like an
// exponential 2^(n + r). The exponent is taken to more bits than a float has, and 2^n is multiplied on last, so that the
// result is right to a few ulp down to the subnormal numbers.

/// 2^(n + r) with |r| <= 1/2.
struct activation_exponential {
  vector_power n;
  vector fraction;  ///< 2^r
};

TSR_INLINE struct activation_exponential activation_exponential(vector_power n, vector r) {
  return (struct activation_exponential){n, vector_fma(vector_exp2_quotient(r), r, vector_broadcast(1.0f))};
}

/// |x|, but no more than `most`, at which the result is 0 to float. NaN gives `most`: max(x, 0) carries it.
TSR_INLINE vector activation_magnitude(vector x, float most) {
  return vector_min(vector_absolute(x), vector_broadcast(most));
}

/// max(x, 0); NaN stays NaN, and -0 stays -0.
TSR_INLINE vector activation_positive(vector x) { return vector_max(vector_zero(), x); }

/// a * e / (1 + e), e = exp(-v): the tail of x / (1 + exp(-v)).
TSR_INLINE vector activation_logistic_tail(vector a, struct activation_exponential e) {
  const vector whole = vector_broadcast(1.0f) + vector_times_small_power(e.fraction, e.n);
  return vector_times_small_power(a * e.fraction / whole, e.n);
}

/// x / (1 + exp(-x))
TSR_INLINE vector activation_silu(vector x) {
  const vector a = activation_magnitude(x, 110.0f);
  const vector_power n = vector_nearest_power(a * vector_broadcast(-LOG2_E));
  vector r = vector_fma(a, vector_broadcast(-LOG2_E), -vector_power_exponent(n));
  r = vector_fma(a, vector_broadcast(-LOG2_E_REST), r);
  return activation_positive(x) - activation_logistic_tail(a, activation_exponential(n, r));
}

// 2 sqrt(2 / pi) log2(e), and 0.044715 of it, in two floats each. The first has 20 bits, so that what is left of
// GELU_LINEAR + GELU_CUBIC a^2 after rounding can be told exactly.
static const float GELU_LINEAR = 0x1.26aecp+1f, GELU_LINEAR_REST = 0x1.0de73ap-22f;
static const float GELU_CUBIC = 0x1.a5a7dp-4f, GELU_CUBIC_REST = -0x1.151aaep-29f;

/// x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, which is x / (1 + exp(-2 sqrt(2 / pi) (x + 0.044715 x^3))).
TSR_INLINE vector activation_gelu_tanh(vector x) {
  const vector linear = vector_broadcast(GELU_LINEAR), cubic = vector_broadcast(GELU_CUBIC);
  const vector a = activation_magnitude(x, 11.0f);
  const vector square = a * a, square_rest = vector_fma(a, a, -square);
  const vector slope = vector_fma(cubic, square, linear);
  vector rest = vector_fma(cubic, square, linear - slope);
  rest = vector_fma(cubic, square_rest, rest);
  rest = rest + vector_fma(vector_broadcast(GELU_CUBIC_REST), square, vector_broadcast(GELU_LINEAR_REST));
  const vector_power n = vector_nearest_power(-(a * slope));
  vector r = vector_fma(-a, slope, -vector_power_exponent(n));
  r = vector_fma(-a, rest, r);
  return activation_positive(x) - activation_logistic_tail(a, activation_exponential(n, r));
}

// The normal distribution's tail is T(a) = exp(-a^2 / 2) m(a). m is the minimax quotient of degrees 4 and 5 for the
// relative error on 0 ... 14.5, found by linear programming with one coefficient after the other rounded to float:
// 1.5e-8. All coefficients are positive, so nothing cancels. Lowest power first.
static const float MILLS_P0 = 0x1p-1f, MILLS_P1 = 0x1.c01a2cp-2f, MILLS_P2 = 0x1.76239ap-3f;
static const float MILLS_P3 = 0x1.4b43a4p-5f, MILLS_P4 = 0x1.0ba984p-8f;
static const float MILLS_Q1 = 0x1.ac4f44p+0f, MILLS_Q2 = 0x1.334684p+0f, MILLS_Q3 = 0x1.df3dd2p-2f;
static const float MILLS_Q4 = 0x1.9f3478p-4f, MILLS_Q5 = 0x1.4f75f6p-7f;

/// x (1 + erf(x / sqrt(2))) / 2
TSR_INLINE vector activation_gelu(vector x) {
  const vector half = vector_broadcast(-0.5f * LOG2_E), half_rest = vector_broadcast(-0.5f * LOG2_E_REST);
  const vector a = activation_magnitude(x, 14.5f);
  const vector square = a * a, square_rest = vector_fma(a, a, -square);
  const vector_power n = vector_nearest_power(square * half);
  vector r = vector_fma(square, half, -vector_power_exponent(n));
  r = vector_fma(square, half_rest, r);
  r = vector_fma(square_rest, half, r);
  const struct activation_exponential e = activation_exponential(n, r);
  vector p = vector_fma(vector_broadcast(MILLS_P4), a, vector_broadcast(MILLS_P3));
  vector q = vector_fma(vector_broadcast(MILLS_Q5), a, vector_broadcast(MILLS_Q4));
  p = vector_fma(p, a, vector_broadcast(MILLS_P2));
  q = vector_fma(q, a, vector_broadcast(MILLS_Q3));
  p = vector_fma(p, a, vector_broadcast(MILLS_P1));
  q = vector_fma(q, a, vector_broadcast(MILLS_Q2));
  p = vector_fma(p, a, vector_broadcast(MILLS_P0));
  q = vector_fma(q, a, vector_broadcast(MILLS_Q1));
  q = vector_fma(q, a, vector_broadcast(1.0f));
  return activation_positive(x) - vector_times_small_power(a * e.fraction * p / q, e.n);
}

#endif
