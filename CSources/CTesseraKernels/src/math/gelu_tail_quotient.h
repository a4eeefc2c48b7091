// a T(a) of activation.h for the normal distribution by a quotient of polynomials, on any layer. Include after
// isa/avx2.h or isa/avx512.h.
#ifndef TSR_MATH_GELU_TAIL_H
#define TSR_MATH_GELU_TAIL_H

#include "exp2.h"

// T(a) = exp(-a^2 / 2) m(a). m is the minimax quotient of degrees 4 and 5 for the
// relative error on 0 ... 14.5, found by linear programming with one coefficient after the other rounded to float:
// 1.5e-8. All coefficients are positive, so nothing cancels. Lowest power first.
static const float MILLS_P0 = 0x1p-1f, MILLS_P1 = 0x1.c01a2cp-2f, MILLS_P2 = 0x1.76239ap-3f;
static const float MILLS_P3 = 0x1.4b43a4p-5f, MILLS_P4 = 0x1.0ba984p-8f;
static const float MILLS_Q1 = 0x1.ac4f44p+0f, MILLS_Q2 = 0x1.334684p+0f, MILLS_Q3 = 0x1.df3dd2p-2f;
static const float MILLS_Q4 = 0x1.9f3478p-4f, MILLS_Q5 = 0x1.4f75f6p-7f;

/// Up to this n the tail is subnormal: a m(a) is 0.397 there, times 2^r.
static const float GELU_SUBNORMAL = -125.0f;

/// m(a[i]) = p[i] / q[i]
TSR_INLINE void mills_polynomials(size_t count, const vector *a, vector *p, vector *q) {
  EACH_VECTOR q[i] = vector_fma(vector_broadcast(MILLS_Q5), a[i], vector_broadcast(MILLS_Q4));
  EACH_VECTOR p[i] = vector_fma(vector_broadcast(MILLS_P4), a[i], vector_broadcast(MILLS_P3));
  EACH_VECTOR q[i] = vector_fma(q[i], a[i], vector_broadcast(MILLS_Q3));
  EACH_VECTOR p[i] = vector_fma(p[i], a[i], vector_broadcast(MILLS_P2));
  EACH_VECTOR q[i] = vector_fma(q[i], a[i], vector_broadcast(MILLS_Q2));
  EACH_VECTOR p[i] = vector_fma(p[i], a[i], vector_broadcast(MILLS_P1));
  EACH_VECTOR q[i] = vector_fma(q[i], a[i], vector_broadcast(MILLS_Q1));
  EACH_VECTOR p[i] = vector_fma(p[i], a[i], vector_broadcast(MILLS_P0));
  EACH_VECTOR q[i] = vector_fma(q[i], a[i], vector_broadcast(1.0f));
}

/// exp(-a[i]^2 / 2) = 2^(n[i] + r[i]), with r to more bits than a float of the exponent has.
TSR_INLINE void gelu_exponents(size_t count, const vector *a, vector_power *n, vector *r) {
  const vector half = vector_broadcast(-0.5f * LOG2_E), half_rest = vector_broadcast(-0.5f * LOG2_E_REST);
  vector square[MOST_VECTORS], rest[MOST_VECTORS];
  EACH_VECTOR square[i] = a[i] * a[i];
  EACH_VECTOR r[i] = square[i] * half;
  EACH_VECTOR rest[i] = vector_fma(a[i], a[i], -square[i]);
  EACH_VECTOR n[i] = vector_nearest_power(r[i]);
  EACH_VECTOR r[i] = vector_fma(square[i], half, -vector_power_exponent(n[i]));
  EACH_VECTOR r[i] = vector_fma(square[i], half_rest, r[i]);
  EACH_VECTOR r[i] = vector_fma(rest[i], half, r[i]);
}

/// tail[i] = a[i] T(a[i]) for 0 <= a[i] <= 14.5; `count` is a constant of at most 4.
TSR_INLINE void gelu_tails(size_t count, const vector *a, vector *tail) {
  vector p[MOST_VECTORS], q[MOST_VECTORS], r[MOST_VECTORS], fraction[MOST_VECTORS];
  vector_power n[MOST_VECTORS];
  mills_polynomials(count, a, p, q);
  EACH_VECTOR p[i] = p[i] * a[i];
  EACH_VECTOR tail[i] = p[i] / q[i];
  gelu_exponents(count, a, n, r);
  vectors_exp2_fractions(count, r, fraction);
  EACH_VECTOR tail[i] = tail[i] * fraction[i];
  EACH_VECTOR tail[i] = vector_times_small_power(tail[i], n[i], GELU_SUBNORMAL);
}

#endif
