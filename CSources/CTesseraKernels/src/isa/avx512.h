// The vector layer of AVX-512 (F, BW, VL, DQ): 16 floats. Include one layer a source file, first, and isa/end.h last;
// templates included in between see only the names below, which every layer defines alike.
#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inline.h"

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c"))), apply_to = function)

/// Arithmetic is written with C operators (+ - * /) on this type.
typedef __m512 vector;
/// A choice of lanes: of those to touch at a tail, or of those that fulfil a comparison.
typedef __mmask16 vector_lanes;

enum { VECTOR_LANES = 16, VECTOR_BYTES = 64 };

TSR_INLINE vector vector_broadcast(float value) { return _mm512_set1_ps(value); }
TSR_INLINE vector vector_zero(void) { return _mm512_setzero_ps(); }

/// `p` needs the alignment of a float only, except for `vector_stream`, which needs VECTOR_BYTES.
TSR_INLINE vector vector_load(const float *p) { return _mm512_loadu_ps(p); }
TSR_INLINE void vector_store(float *p, vector x) { _mm512_storeu_ps(p, x); }
TSR_INLINE void vector_stream(float *p, vector x) { _mm512_stream_ps(p, x); }
/// Orders streamed stores before whatever follows.
TSR_INLINE void vector_stream_fence(void) { _mm_sfence(); }
/// Asks for the cache line of `p`; never faults.
TSR_INLINE void vector_prefetch(const float *p) { _mm_prefetch((const char *)p, _MM_HINT_T0); }
/// The same, but no nearer than the second-level cache: for what is needed later than the first level would keep it.
TSR_INLINE void vector_prefetch_far(const float *p) { _mm_prefetch((const char *)p, _MM_HINT_T1); }

/// The first `count` lanes, 0 ... VECTOR_LANES.
TSR_INLINE vector_lanes vector_first_lanes(size_t count) {
  return (__mmask16)((1u << count) - 1u);
}
/// Lanes not chosen are not read and come out as 0.
TSR_INLINE vector vector_load_lanes(const float *p, vector_lanes lanes) { return _mm512_maskz_loadu_ps(lanes, p); }
/// Lanes not chosen are not written.
TSR_INLINE void vector_store_lanes(float *p, vector_lanes lanes, vector x) { _mm512_mask_storeu_ps(p, lanes, x); }
/// x where chosen, else +0, whatever x holds there.
TSR_INLINE vector vector_keep(vector_lanes lanes, vector x) { return _mm512_maskz_mov_ps(lanes, x); }
/// x where chosen, else y.
TSR_INLINE vector vector_select(vector_lanes lanes, vector x, vector y) {
  return _mm512_mask_blend_ps(lanes, y, x);
}
/// Not x < y: true where either is NaN.
TSR_INLINE vector_lanes vector_not_less(vector x, vector y) { return _mm512_cmp_ps_mask(x, y, _CMP_NLT_UQ); }
/// The lanes whose byte is not 0, of VECTOR_LANES bytes.
TSR_INLINE vector_lanes vector_lanes_of_bytes(const uint8_t *bytes) {
  const __m128i all = _mm_loadu_si128((const __m128i_u *)bytes);
  return _mm_test_epi8_mask(all, all);
}

/// x > y ? x : y in every lane; y where either is NaN.
TSR_INLINE vector vector_max(vector x, vector y) { return _mm512_max_ps(x, y); }
/// x < y ? x : y in every lane; y where either is NaN.
TSR_INLINE vector vector_min(vector x, vector y) { return _mm512_min_ps(x, y); }
/// |x|; of NaN a NaN.
TSR_INLINE vector vector_absolute(vector x) { return _mm512_abs_ps(x); }
/// x * y + z, rounded once.
TSR_INLINE vector vector_fma(vector x, vector y, vector z) { return _mm512_fmadd_ps(x, y, z); }
/// x * y - z in even lanes, x * y + z in odd ones, rounded once.
TSR_INLINE vector vector_fma_alternating(vector x, vector y, vector z) { return _mm512_fmaddsub_ps(x, y, z); }
/// Lanes 2i and 2i + 1 change places.
TSR_INLINE vector vector_swap_pairs(vector x) { return _mm512_permute_ps(x, _MM_SHUFFLE(2, 3, 0, 1)); }
/// Lanes 2i and 2i + 1 are lane i of x.
TSR_INLINE vector vector_twice(vector x) {
  return _mm512_permutexvar_ps(_mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7), x);
}
/// Lanes 2i and 2i + 1 are p[i], of VECTOR_LANES / 2 floats.
TSR_INLINE vector vector_load_twice(const float *p) {
  return vector_twice(_mm512_castps256_ps512(_mm256_loadu_ps(p)));
}

/// The sum of all lanes, always in the same order: halves are added until one lane is left.
TSR_INLINE float vector_sum(vector x) {
  const __m256 half = _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));
  __m128 quarter = _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
  quarter = _mm_add_ps(quarter, _mm_movehl_ps(quarter, quarter));
  return _mm_cvtss_f32(_mm_add_ss(quarter, _mm_movehdup_ps(quarter)));
}
/// Lane i is the sum of the lanes of x[i], each in the same order, of VECTOR_LANES vectors.
TSR_INLINE vector vector_sums(const vector x[VECTOR_LANES]) {
  vector pairs[8], quads[4], halves[2];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 8; i++) {
    pairs[i] = _mm512_unpacklo_ps(x[2 * i], x[2 * i + 1]) + _mm512_unpackhi_ps(x[2 * i], x[2 * i + 1]);
  }
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) {
    quads[i] = _mm512_shuffle_ps(pairs[2 * i], pairs[2 * i + 1], _MM_SHUFFLE(1, 0, 1, 0))
        + _mm512_shuffle_ps(pairs[2 * i], pairs[2 * i + 1], _MM_SHUFFLE(3, 2, 3, 2));
  }
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 2; i++) {
    halves[i] = _mm512_shuffle_f32x4(quads[2 * i], quads[2 * i + 1], _MM_SHUFFLE(2, 0, 2, 0))
        + _mm512_shuffle_f32x4(quads[2 * i], quads[2 * i + 1], _MM_SHUFFLE(3, 1, 3, 1));
  }
  return _mm512_shuffle_f32x4(halves[0], halves[1], _MM_SHUFFLE(2, 0, 2, 0))
      + _mm512_shuffle_f32x4(halves[0], halves[1], _MM_SHUFFLE(3, 1, 3, 1));
}
/// VECTOR_LANES doubles.
typedef struct {
  __m512d low, high;
} vector_double;

TSR_INLINE vector_double vector_double_zero(void) {
  return (vector_double){_mm512_setzero_pd(), _mm512_setzero_pd()};
}
/// sums + x * x, rounded once: the square of a float is a double.
TSR_INLINE vector_double vector_double_add_squares(vector_double sums, vector x) {
  const __m512d low = _mm512_cvtps_pd(_mm512_castps512_ps256(x));
  const __m512d high = _mm512_cvtps_pd(_mm512_extractf32x8_ps(x, 1));
  return (vector_double){_mm512_fmadd_pd(low, low, sums.low), _mm512_fmadd_pd(high, high, sums.high)};
}
TSR_INLINE void vector_double_store(double *p, vector_double x) {
  _mm512_storeu_pd(p, x.low);
  _mm512_storeu_pd(p + VECTOR_LANES / 2, x.high);
}
/// Lane 0.
TSR_INLINE float vector_first(vector x) { return _mm512_cvtss_f32(x); }
/// The greatest lane; undefined where a lane is NaN.
TSR_INLINE float vector_greatest(vector x) {
  const __m256 half = _mm256_max_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));
  __m128 quarter = _mm_max_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
  quarter = _mm_max_ps(quarter, _mm_movehl_ps(quarter, quarter));
  return _mm_cvtss_f32(_mm_max_ss(quarter, _mm_movehdup_ps(quarter)));
}
/// Correctly rounded; NaN below 0.
TSR_INLINE vector vector_square_root(vector x) { return _mm512_sqrt_ps(x); }
/// Correctly rounded, NaN below 0, without the call for errno that sqrtf brings.
TSR_INLINE float scalar_square_root(float x) { return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x))); }
/// A whole number n held so that both n and 2^n are cheap; n in -126 ... 127.
typedef vector vector_power;

/// n = x to the nearest whole number.
TSR_INLINE vector_power vector_nearest_power(vector x) {
  return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
TSR_INLINE vector vector_power_exponent(vector_power n) { return n; }
/// x * 2^n; NaN in x stays NaN.
TSR_INLINE vector vector_times_power(vector x, vector_power n) { return _mm512_scalef_ps(x, n); }
/// x * 2^n for x >= 0 and n in -190 ... 63: into the subnormal numbers, where it is rounded once. The result is below
/// 2^-125 where n <= `subnormal`, and at least 2^-126 where n is greater. The arithmetic has no subnormal result, which
/// would take as long as two hundred others: a float below 2^-125 is a whole number of 2^-149, and its bits are that
/// number.
TSR_INLINE vector vector_times_small_power(vector x, vector_power n, float subnormal) {
  const __mmask16 small = _mm512_cmp_ps_mask(n, vector_broadcast(subnormal), _CMP_LE_OQ);
  const vector product = _mm512_scalef_ps(x, _mm512_mask_add_ps(n, small, n, vector_broadcast(149.0f)));
  return _mm512_castsi512_ps(_mm512_mask_cvtps_epi32(_mm512_castps_si512(product), small, product));
}
/// The greater of n and `least`.
TSR_INLINE vector_power vector_power_at_least(vector_power n, float least) {
  return vector_max(n, vector_broadcast(least));
}
