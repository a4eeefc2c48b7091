// The vector layer of AVX2, FMA and F16C: 8 floats. Include one layer a source file, first, and isa/end.h last;
// templates included in between see only the names below, which every layer defines alike.
#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inline.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

/// Arithmetic is written with C operators (+ - * /) on this type.
typedef __m256 vector;
/// A choice of lanes: of those to touch at a tail, or of those that fulfil a comparison.
typedef __m256i vector_lanes;

enum { VECTOR_LANES = 8, VECTOR_BYTES = 32 };

TSR_INLINE vector vector_broadcast(float value) { return _mm256_set1_ps(value); }
TSR_INLINE vector vector_zero(void) { return _mm256_setzero_ps(); }

/// `p` needs the alignment of a float only, except for `vector_stream`, which needs VECTOR_BYTES.
TSR_INLINE vector vector_load(const float *p) { return _mm256_loadu_ps(p); }
TSR_INLINE void vector_store(float *p, vector x) { _mm256_storeu_ps(p, x); }
TSR_INLINE void vector_stream(float *p, vector x) { _mm256_stream_ps(p, x); }
/// Orders streamed stores before whatever follows.
TSR_INLINE void vector_stream_fence(void) { _mm_sfence(); }
/// Asks for the cache line of `p`; never faults.
TSR_INLINE void vector_prefetch(const float *p) { _mm_prefetch((const char *)p, _MM_HINT_T0); }
/// The same, but no nearer than the second-level cache: for what is needed later than the first level would keep it.
TSR_INLINE void vector_prefetch_far(const float *p) { _mm_prefetch((const char *)p, _MM_HINT_T1); }

/// The first `count` lanes, 0 ... VECTOR_LANES.
TSR_INLINE vector_lanes vector_first_lanes(size_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
/// Lanes not chosen are not read and come out as 0.
TSR_INLINE vector vector_load_lanes(const float *p, vector_lanes lanes) { return _mm256_maskload_ps(p, lanes); }
/// Lanes not chosen are not written.
TSR_INLINE void vector_store_lanes(float *p, vector_lanes lanes, vector x) { _mm256_maskstore_ps(p, lanes, x); }
/// x where chosen, else +0, whatever x holds there.
TSR_INLINE vector vector_keep(vector_lanes lanes, vector x) { return _mm256_and_ps(_mm256_castsi256_ps(lanes), x); }
/// x where chosen, else y.
TSR_INLINE vector vector_select(vector_lanes lanes, vector x, vector y) {
  return _mm256_blendv_ps(y, x, _mm256_castsi256_ps(lanes));
}
/// Not x < y: true where either is NaN.
TSR_INLINE vector_lanes vector_not_less(vector x, vector y) {
  return _mm256_castps_si256(_mm256_cmp_ps(x, y, _CMP_NLT_UQ));
}
/// The lanes whose byte is not 0, of VECTOR_LANES bytes.
TSR_INLINE vector_lanes vector_lanes_of_bytes(const uint8_t *bytes) {
  const __m256i wide = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i_u *)bytes));
  return _mm256_cmpgt_epi32(wide, _mm256_setzero_si256());
}

/// x > y ? x : y in every lane; y where either is NaN.
TSR_INLINE vector vector_max(vector x, vector y) { return _mm256_max_ps(x, y); }
/// x < y ? x : y in every lane; y where either is NaN.
TSR_INLINE vector vector_min(vector x, vector y) { return _mm256_min_ps(x, y); }
/// |x|; of NaN a NaN.
TSR_INLINE vector vector_absolute(vector x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x); }
/// x * y + z, rounded once.
TSR_INLINE vector vector_fma(vector x, vector y, vector z) { return _mm256_fmadd_ps(x, y, z); }
/// x * y - z in even lanes, x * y + z in odd ones, rounded once.
TSR_INLINE vector vector_fma_alternating(vector x, vector y, vector z) { return _mm256_fmaddsub_ps(x, y, z); }
/// Lanes 2i and 2i + 1 change places.
TSR_INLINE vector vector_swap_pairs(vector x) { return _mm256_permute_ps(x, _MM_SHUFFLE(2, 3, 0, 1)); }
/// Lanes 2i and 2i + 1 are lane i of x.
TSR_INLINE vector vector_twice(vector x) {
  return _mm256_permutevar8x32_ps(x, _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3));
}
/// Lanes 2i and 2i + 1 are p[i], of VECTOR_LANES / 2 floats.
TSR_INLINE vector vector_load_twice(const float *p) { return vector_twice(_mm256_castps128_ps256(_mm_loadu_ps(p))); }
/// The sum of all lanes, always in the same order: halves are added until one lane is left.
TSR_INLINE float vector_sum(vector x) {
  __m128 quarter = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  quarter = _mm_add_ps(quarter, _mm_movehl_ps(quarter, quarter));
  return _mm_cvtss_f32(_mm_add_ss(quarter, _mm_movehdup_ps(quarter)));
}
/// Lane i is the sum of the lanes of x[i], each in the same order, of VECTOR_LANES vectors.
TSR_INLINE vector vector_sums(const vector x[VECTOR_LANES]) {
  vector pairs[4], quads[2];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) {
    pairs[i] = _mm256_unpacklo_ps(x[2 * i], x[2 * i + 1]) + _mm256_unpackhi_ps(x[2 * i], x[2 * i + 1]);
  }
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 2; i++) {
    quads[i] = _mm256_shuffle_ps(pairs[2 * i], pairs[2 * i + 1], _MM_SHUFFLE(1, 0, 1, 0))
        + _mm256_shuffle_ps(pairs[2 * i], pairs[2 * i + 1], _MM_SHUFFLE(3, 2, 3, 2));
  }
  return _mm256_permute2f128_ps(quads[0], quads[1], 0x20) + _mm256_permute2f128_ps(quads[0], quads[1], 0x31);
}
/// VECTOR_LANES doubles.
typedef struct {
  __m256d low, high;
} vector_double;

TSR_INLINE vector_double vector_double_zero(void) {
  return (vector_double){_mm256_setzero_pd(), _mm256_setzero_pd()};
}
/// sums + x * x, rounded once: the square of a float is a double.
TSR_INLINE vector_double vector_double_add_squares(vector_double sums, vector x) {
  const __m256d low = _mm256_cvtps_pd(_mm256_castps256_ps128(x));
  const __m256d high = _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1));
  return (vector_double){_mm256_fmadd_pd(low, low, sums.low), _mm256_fmadd_pd(high, high, sums.high)};
}
TSR_INLINE void vector_double_store(double *p, vector_double x) {
  _mm256_storeu_pd(p, x.low);
  _mm256_storeu_pd(p + VECTOR_LANES / 2, x.high);
}
/// Lane 0.
TSR_INLINE float vector_first(vector x) { return _mm256_cvtss_f32(x); }
/// The greatest lane; undefined where a lane is NaN.
TSR_INLINE float vector_greatest(vector x) {
  __m128 quarter = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  quarter = _mm_max_ps(quarter, _mm_movehl_ps(quarter, quarter));
  return _mm_cvtss_f32(_mm_max_ss(quarter, _mm_movehdup_ps(quarter)));
}
/// Correctly rounded; NaN below 0.
TSR_INLINE vector vector_square_root(vector x) { return _mm256_sqrt_ps(x); }
/// Correctly rounded, NaN below 0, without the call for errno that sqrtf brings.
TSR_INLINE float scalar_square_root(float x) { return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x))); }
/// A whole number n held so that both n and 2^n are cheap; n in -126 ... 127.
typedef vector vector_power;

/// At 1.5 * 2^23 a float has no bits below 1, so that the last bits of the sum are n + 127: rounded, and biased as the
/// exponent of a float is.
static const float VECTOR_POWER_ORIGIN = 0x1.8p23f + 127.0f;

/// n = x to the nearest whole number.
TSR_INLINE vector_power vector_nearest_power(vector x) { return x + vector_broadcast(VECTOR_POWER_ORIGIN); }
TSR_INLINE vector vector_power_exponent(vector_power n) { return n - vector_broadcast(VECTOR_POWER_ORIGIN); }
/// x * 2^n; NaN in x stays NaN.
TSR_INLINE vector vector_times_power(vector x, vector_power n) {
  return x * _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(n), 23));
}
/// x * 2^n for x >= 0 and n in -190 ... 63: into the subnormal numbers, where it is rounded once. The result is below
/// 2^-125 where n <= `subnormal`, and at least 2^-126 where n is greater. The arithmetic has no subnormal result, which
/// would take as long as two hundred others: a float below 2^-125 is a whole number of 2^-149, and its bits are that
/// number.
TSR_INLINE vector vector_times_small_power(vector x, vector_power n, float subnormal) {
  const vector_lanes small = _mm256_castps_si256(
      _mm256_cmp_ps(n, vector_broadcast(VECTOR_POWER_ORIGIN + subnormal), _CMP_LE_OQ));
  vector product = vector_times_power(x, n + vector_broadcast(64.0f));
  product = product * vector_select(small, vector_broadcast(0x1p85f), vector_broadcast(0x1p-64f));
  return vector_select(small, _mm256_castsi256_ps(_mm256_cvtps_epi32(product)), product);
}
/// The greater of n and `least`.
TSR_INLINE vector_power vector_power_at_least(vector_power n, float least) {
  return vector_max(n, vector_broadcast(VECTOR_POWER_ORIGIN + least));
}
