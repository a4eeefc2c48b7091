// Stored numbers to lanes, for AVX2 with F16C. Defines the same names as lanes_avx512.h, where they are explained.

enum { STORED_GROUP = 32, STORED_VECTORS = 4 };

TSR_INLINE vector stored_half(const uint8_t *p) {
  int16_t bits;
  memcpy(&bits, p, sizeof bits);
  return _mm256_cvtph_ps(_mm_set1_epi16(bits));
}

TSR_INLINE void stored_two_halves(const uint8_t *p, vector *first, vector *second) {
  int32_t bits;
  memcpy(&bits, p, sizeof bits);
  const __m256 both = _mm256_cvtph_ps(_mm_set1_epi32(bits));
  *first = _mm256_moveldup_ps(both);
  *second = _mm256_movehdup_ps(both);
}

TSR_INLINE vector stored_halves(const uint8_t *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i_u *)p)); }

TSR_INLINE vector stored_bfloats(const uint8_t *p) {
  const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i_u *)p));
  return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
}

TSR_INLINE vector stored_bytes(const uint8_t *p) {
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i_u *)p)));
}

TSR_INLINE vector stored_bytes_of(__m256i bytes, size_t index) {
  const __m128i half = index < 2 ? _mm256_castsi256_si128(bytes) : _mm256_extracti128_si256(bytes, 1);
  const __m128i part = index % 2 == 0 ? half : _mm_unpackhi_epi64(half, half);
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(part));
}

/// Eight lanes hold no table of sixteen: the numbers that it is made of.
typedef struct {
  vector scale, minimum;
  __m256i origin;
} stored_levels;

TSR_INLINE stored_levels stored_levels_of(vector scale, vector minimum, float origin) {
  return (stored_levels){scale, minimum, _mm256_set1_epi32((int)origin)};
}

TSR_INLINE vector stored_nibbles(const uint8_t *p, bool high, stored_levels levels) {
  const __m256i wide = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i_u *)p));
  const __m256i quanta = high ? _mm256_srli_epi32(wide, 4) : _mm256_and_si256(wide, _mm256_set1_epi32(15));
  return vector_fma(_mm256_cvtepi32_ps(_mm256_sub_epi32(quanta, levels.origin)), levels.scale, levels.minimum);
}

/// A byte for each of 32 bits, from the lowest up: all ones where the bit is set.
TSR_INLINE __m256i stored_bits(const uint8_t *p) {
  int32_t bits;
  memcpy(&bits, p, sizeof bits);
  // A bit's byte, eight times each, and the bit itself.
  const __m256i turn = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
  const __m256i one = _mm256_set1_epi64x((long long)0x8040201008040201);
  return _mm256_cmpeq_epi8(_mm256_shuffle_epi8(_mm256_set1_epi32(bits), turn) & one, one);
}

/// Quanta less their origin, as signed bytes.
typedef struct {
  __m256i quanta;
  vector scale, minimum;
} stored_fives;

TSR_INLINE stored_fives stored_fives_load(const uint8_t *p, vector scale, vector minimum, float origin) {
  const __m128i bytes = _mm_loadu_si128((const __m128i_u *)(p + 4));
  // Shifted as words of 16 bits; what crosses from byte to byte is masked out.
  const __m256i four = _mm256_set_m128i(_mm_srli_epi16(bytes, 4), bytes) & _mm256_set1_epi8(15);
  const __m256i fifth = stored_bits(p) & _mm256_set1_epi8(16);
  return (stored_fives){_mm256_sub_epi8(four | fifth, _mm256_set1_epi8((char)origin)), scale, minimum};
}

TSR_INLINE vector stored_fives_of(stored_fives fives, size_t index) {
  return vector_fma(stored_bytes_of(fives.quanta, index), fives.scale, fives.minimum);
}
