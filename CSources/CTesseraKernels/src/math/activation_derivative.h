// The derivatives of GELU, its tanh approximation and SiLU on the vector layer. Include after an instruction-set layer,
// gelu_tail_quotient.h and activation.h.
#ifndef TSR_MATH_ACTIVATION_DERIVATIVE_H
#define TSR_MATH_ACTIVATION_DERIVATIVE_H

// Each activation is x F(x) with F(x) + F(-x) = 1, so that its derivative f has f(x) + f(-x) = 1 as well. With a = |x|
// and D(a) = f(-a) that is f(x) = x < 0 ? D(a) : 1 - D(a). D falls like an exponential E; its factors:
//
//     GELU          f = Phi(x) + x phi(x)                  D = E (m(a) - a / sqrt(2 pi)),  E = exp(-a^2 / 2)
//     SiLU          f = s(x) (1 + x (1 - s(x)))            D = E s (1 - a s),  E = exp(-a),  s = 1 / (1 + E)
//     tanh's GELU   f = F + x F (1 - F) w(x)               D = E s (1 - a s w(a)),  E = exp(-2 u(a)),  w = 2 u'
//
// D has a root (near 0.75, 1.28, 0.75), where what is left of the difference is right to float's rounding of its terms:
// the error is absolute, a unit of 1's last bit: at most 1.2e-7 was met on a grid of 7e-6 (below -3 also 4.1e-7 of D).
// Where E is below 2^-120 or so D is 0, so that no product here is subnormal.

/// a[i] = |x[i]| but no more than `most`, where E is still normal; NaN stays NaN. `inside`: D is not taken as 0.
TSR_INLINE void derivative_magnitudes(size_t count, const vector *x, float most, vector *a, vector_lanes *inside) {
  EACH_VECTOR a[i] = vector_absolute(x[i]);
  EACH_VECTOR inside[i] = vector_not_less(vector_broadcast(most), a[i]);
  EACH_VECTOR a[i] = vector_min(vector_broadcast(most), a[i]);
}

/// x[i] <- x[i] < 0 ? D : 1 - D, D = factor[i] 2^n[i]
TSR_INLINE void derivative_finish(
    size_t count, vector *x, const vector *factor, const vector_power *n, const vector_lanes *inside) {
  vector tail[MOST_VECTORS];
  EACH_VECTOR tail[i] = vector_keep(inside[i], vector_times_power(factor[i], n[i]));
  EACH_VECTOR x[i] =
      vector_select(vector_not_less(x[i], vector_zero()), vector_broadcast(1.0f) - tail[i], tail[i]);
}

/// D of a logistic function; `slope` is w(a), NULL where it is 1.
TSR_INLINE void derivative_logistic(
    size_t count, vector *x, const vector *a, const vector *slope, const vector_power *n, const vector *r,
    const vector_lanes *inside) {
  const vector one = vector_broadcast(1.0f);
  vector fraction[MOST_VECTORS], s[MOST_VECTORS], rest[MOST_VECTORS];
  vectors_exp2_fractions(count, r, fraction);
  EACH_VECTOR s[i] = one + vector_times_power(fraction[i], n[i]);
  EACH_VECTOR s[i] = one / s[i];
  EACH_VECTOR rest[i] = slope == NULL ? a[i] : a[i] * slope[i];
  EACH_VECTOR rest[i] = vector_fma(-rest[i], s[i], one);
  EACH_VECTOR fraction[i] = fraction[i] * s[i];
  EACH_VECTOR fraction[i] = fraction[i] * rest[i];
  derivative_finish(count, x, fraction, n, inside);
}

/// x[i] <- s(x) (1 + x (1 - s(x))), s(x) = 1 / (1 + exp(-x))
TSR_INLINE void derivative_silu(size_t count, vector *x) {
  vector a[MOST_VECTORS], r[MOST_VECTORS];
  vector_power n[MOST_VECTORS];
  vector_lanes inside[MOST_VECTORS];
  derivative_magnitudes(count, x, 83.0f, a, inside);
  silu_exponents(count, a, n, r);
  derivative_logistic(count, x, a, NULL, n, r, inside);
}

/// x[i] <- the derivative of x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
TSR_INLINE void derivative_gelu_tanh(size_t count, vector *x) {
  vector a[MOST_VECTORS], r[MOST_VECTORS], slope[MOST_VECTORS];
  vector_power n[MOST_VECTORS];
  vector_lanes inside[MOST_VECTORS];
  derivative_magnitudes(count, x, 9.8f, a, inside);
  gelu_tanh_exponents(count, a, n, r);
  // 2 sqrt(2 / pi), and 3 0.044715 of it.
  EACH_VECTOR slope[i] = vector_fma(a[i] * a[i], vector_broadcast(0x1.b6676cp-3f), vector_broadcast(0x1.988454p+0f));
  derivative_logistic(count, x, a, slope, n, r, inside);
}

/// x[i] <- Phi(x) + x phi(x)
TSR_INLINE void derivative_gelu(size_t count, vector *x) {
  vector a[MOST_VECTORS], p[MOST_VECTORS], q[MOST_VECTORS], r[MOST_VECTORS], fraction[MOST_VECTORS];
  vector_power n[MOST_VECTORS];
  vector_lanes inside[MOST_VECTORS];
  derivative_magnitudes(count, x, 12.9f, a, inside);
  mills_polynomials(count, a, p, q);
  EACH_VECTOR p[i] = p[i] / q[i];
  // 1 / sqrt(2 pi)
  EACH_VECTOR p[i] = vector_fma(-a[i], vector_broadcast(0x1.988454p-2f), p[i]);
  gelu_exponents(count, a, n, r);
  vectors_exp2_fractions(count, r, fraction);
  EACH_VECTOR p[i] = p[i] * fraction[i];
  derivative_finish(count, x, p, n, inside);
}

#endif
