// a T(a) of activation.h for the normal distribution, T(a) = exp(-a^2 / 2) m(a), by tables of 16 floats, one register
// each: 15 multiplications a vector, where gelu_tail_quotient.h has 24 and a division. The largest error met is
// 3.61 ulp, at -0x1.c9b4ccp-3. Include after isa/avx512.h.
#ifndef TSR_MATH_GELU_TAIL_H
#define TSR_MATH_GELU_TAIL_H

#include "exp2.h"

// a m(a) is a polynomial of degree 5 in a - start on each of 16 intervals, which start where a + 1 has at most two bits
// after its first: 0, 1/4, 1/2, 3/4, 1, 3/2 ... 13. Those two bits and the last two of the exponent of a + 1 are the
// place in a table; 0 is at place 12. Found by reweighted least squares for the relative error, with one coefficient
// after the other rounded to float, lowest power first: 8.7e-8 on the first interval, which has no constant so that
// nothing near 0 is lost, and at most 3.6e-8 on the others. What -log2(e) / 2 lacks as a float is in them:
// they approximate a m(a) 2^(rest a^2).
static const float TAIL_C0[16] = {
    0x1.0bdb2ep-2f, 0x1.3c144p-2f, 0x1.5845dcp-2f, 0x1.69cee6p-2f,
    0x1.754a74p-2f, 0x1.82b4b8p-2f, 0x1.89d3a8p-2f, 0x1.8e0106p-2f,
    0x1.90a4f4p-2f, 0x1.93a64p-2f, 0x1.953888p-2f, 0x1.96241p-2f,
    0.0f, 0x1.a7f808p-4f, 0x1.66027ap-3f, 0x1.cd2836p-3f,
};
static const float TAIL_C1[16] = {
    0x1.fcc712p-4f, 0x1.203fc8p-4f, 0x1.5d2fep-5f, 0x1.bf37fp-6f,
    0x1.2c0616p-6f, 0x1.2ddddp-7f, 0x1.5424b8p-8f, 0x1.a102d4p-9f,
    0x1.10608cp-9f, 0x1.0b72fp-10f, 0x1.2b9f56p-11f, 0x1.6fbffp-12f,
    0x1.fffffep-2f, 0x1.5c5668p-2f, 0x1.e6827p-3f, 0x1.5bf73ep-3f,
};
static const float TAIL_C2[16] = {
    -0x1.342252p-4f, -0x1.3309c4p-5f, -0x1.497af2p-6f, -0x1.7864acp-7f,
    -0x1.c5b8dcp-8f, -0x1.7956bp-9f, -0x1.6643fp-10f, -0x1.7dd8d4p-11f,
    -0x1.b1eb1p-12f, -0x1.558352p-13f, -0x1.3e39f2p-14f, -0x1.4abaccp-15f,
    -0x1.988254p-2f, -0x1.02f86ep-2f, -0x1.5175c6p-3f, -0x1.c2988cp-4f,
};
static const float TAIL_C3[16] = {
    0x1.2d0884p-5f, 0x1.0bc40cp-6f, 0x1.01f76ap-7f, 0x1.07e38ap-8f,
    0x1.1e9ba6p-9f, 0x1.9613a2p-11f, 0x1.3ef504p-12f, 0x1.47598ep-13f,
    0x1.290b1ap-14f, 0x1.848acep-16f, 0x1.363dbap-17f, 0x1.f5621p-19f,
    0x1.ff7a6ap-3f, 0x1.30afecp-3f, 0x1.773398p-4f, 0x1.d23dbcp-5f,
};
static const float TAIL_C4[16] = {
    -0x1.e0744p-7f, -0x1.84341ep-8f, -0x1.562fd6p-9f, -0x1.2ff7d4p-10f,
    -0x1.25d832p-11f, -0x1.7f2f5p-13f, -0x1.bdb3fep-15f, -0x1.4ceeb8p-15f,
    -0x1.4dde9cp-17f, -0x1.95db94p-19f, -0x1.386c46p-20f, -0x1.fc6d74p-23f,
    -0x1.0a4d2ep-3f, -0x1.2ab36cp-4f, -0x1.6a9a1ep-5f, -0x1.7c868p-6f,
};
static const float TAIL_C5[16] = {
    0x1.e6d908p-9f, 0x1.6ecbf2p-10f, 0x1.318d44p-11f, 0x1.a5034p-13f,
    0x1.67c64ap-14f, 0x1.e2d148p-16f, 0x1.4004acp-18f, 0x1.28f804p-17f,
    0x1.baf4a6p-21f, 0x1.20f28ep-22f, 0x1.ea369ap-24f, -0x1.a80be8p-31f,
    0x1.8b4424p-5f, 0x1.9d595ap-6f, 0x1.177574p-6f, 0x1.367a8ap-8f,
};

/// 2^(i / 16)
static const float TAIL_POWERS[16] = {
    0x1p+0f, 0x1.0b5586p+0f, 0x1.172b84p+0f, 0x1.2387a6p+0f,
    0x1.306fep+0f, 0x1.3dea64p+0f, 0x1.4bfdaep+0f, 0x1.5ab07ep+0f,
    0x1.6a09e6p+0f, 0x1.7a1148p+0f, 0x1.8ace54p+0f, 0x1.9c4918p+0f,
    0x1.ae89fap+0f, 0x1.c199bep+0f, 0x1.d5818ep+0f, 0x1.ea4afap+0f,
};

// 2^r = 1 + r q(r) for |r| <= 1/32, found the same way: 1.6e-9.
static const float TAIL_Q0 = 0x1.62e43p-1f, TAIL_Q1 = 0x1.ebfff6p-3f, TAIL_Q2 = 0x1.c6aceep-5f;

/// At 1.5 * 2^19 a float has four bits below 1.
static const float TAIL_ORIGIN = 0x1.8p19f;

/// Up to this n, in sixteenths, the tail is subnormal: a m(a) is 0.397 there.
static const float GELU_SUBNORMAL = -124.0f;

TSR_INLINE vector gelu_tail_look_up(const float *table, __m512i place) {
  return _mm512_permutexvar_ps(place, _mm512_loadu_ps(table));
}

/// tail[i] = a[i] T(a[i]) for 0 <= a[i] <= 14.5; `count` is a constant of at most 4.
TSR_INLINE void gelu_tails(size_t count, const vector *a, vector *tail) {
  const vector one = vector_broadcast(1.0f), half = vector_broadcast(-0.5f * LOG2_E);
  const vector origin = vector_broadcast(TAIL_ORIGIN);
  vector shifted[MOST_VECTORS], offset[MOST_VECTORS], product[MOST_VECTORS], power[MOST_VECTORS];
  vector n[MOST_VECTORS], r[MOST_VECTORS], fraction[MOST_VECTORS];
  __m512i place[MOST_VECTORS];
  EACH_VECTOR shifted[i] = a[i] + one;
  EACH_VECTOR place[i] = _mm512_srli_epi32(_mm512_castps_si512(shifted[i]), 21);
  EACH_VECTOR shifted[i] = _mm512_castsi512_ps(
      _mm512_and_si512(_mm512_castps_si512(shifted[i]), _mm512_set1_epi32((int)0xFFE00000)));
  EACH_VECTOR offset[i] = a[i] - (shifted[i] - one);
  EACH_VECTOR tail[i] = gelu_tail_look_up(TAIL_C5, place[i]);
  EACH_VECTOR tail[i] = vector_fma(tail[i], offset[i], gelu_tail_look_up(TAIL_C4, place[i]));
  EACH_VECTOR tail[i] = vector_fma(tail[i], offset[i], gelu_tail_look_up(TAIL_C3, place[i]));
  EACH_VECTOR tail[i] = vector_fma(tail[i], offset[i], gelu_tail_look_up(TAIL_C2, place[i]));
  EACH_VECTOR tail[i] = vector_fma(tail[i], offset[i], gelu_tail_look_up(TAIL_C1, place[i]));
  EACH_VECTOR tail[i] = vector_fma(tail[i], offset[i], gelu_tail_look_up(TAIL_C0, place[i]));
  // -a^2 log2(e) / 2 = n + r with n in sixteenths; what a * half lacks by rounding is told exactly.
  EACH_VECTOR product[i] = a[i] * half;
  EACH_VECTOR power[i] = vector_fma(a[i], product[i], origin);
  EACH_VECTOR n[i] = power[i] - origin;
  EACH_VECTOR r[i] = vector_fma(a[i], product[i], -n[i]);
  EACH_VECTOR product[i] = vector_fma(a[i], half, -product[i]);
  EACH_VECTOR r[i] = vector_fma(a[i], product[i], r[i]);
  // The last bits of `power` are the sixteenths of n.
  EACH_VECTOR power[i] = gelu_tail_look_up(TAIL_POWERS, _mm512_castps_si512(power[i]));
  EACH_VECTOR fraction[i] = vector_fma(vector_broadcast(TAIL_Q2), r[i], vector_broadcast(TAIL_Q1));
  EACH_VECTOR fraction[i] = vector_fma(fraction[i], r[i], vector_broadcast(TAIL_Q0));
  EACH_VECTOR fraction[i] = vector_fma(fraction[i], r[i], one);
  EACH_VECTOR tail[i] = tail[i] * power[i];
  EACH_VECTOR tail[i] = tail[i] * fraction[i];
  // The scaling rounds n down to a whole number.
  EACH_VECTOR tail[i] = vector_times_small_power(tail[i], n[i], GELU_SUBNORMAL);
}

#endif
