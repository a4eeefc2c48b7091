// Stored numbers to lanes, for AVX-512. Defines the same names as lanes_avx2.h.

enum { STORED_GROUP = 32, STORED_VECTORS = 2 };

/// A half float in every lane.
TSR_INLINE vector stored_half(const uint8_t *p) {
  int16_t bits;
  memcpy(&bits, p, sizeof bits);
  return _mm512_cvtph_ps(_mm256_set1_epi16(bits));
}

/// Two half floats beside each other, each in every lane: one load, and one conversion of both.
TSR_INLINE void stored_two_halves(const uint8_t *p, vector *first, vector *second) {
  int32_t bits;
  memcpy(&bits, p, sizeof bits);
  const __m512 both = _mm512_cvtph_ps(_mm256_set1_epi32(bits));
  *first = _mm512_moveldup_ps(both);
  *second = _mm512_movehdup_ps(both);
}

/// VECTOR_LANES half floats.
TSR_INLINE vector stored_halves(const uint8_t *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i_u *)p)); }

/// VECTOR_LANES bfloat16: the upper halves of floats.
TSR_INLINE vector stored_bfloats(const uint8_t *p) {
  const __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i_u *)p));
  return _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
}

/// VECTOR_LANES signed bytes.
TSR_INLINE vector stored_bytes(const uint8_t *p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i_u *)p)));
}

/// The same of the group's bytes in a register.
TSR_INLINE vector stored_bytes_of(__m256i bytes, size_t index) {
  const __m128i part = index == 0 ? _mm256_castsi256_si128(bytes) : _mm256_extracti128_si256(bytes, 1);
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(part));
}

/// A byte for each of 32 bits, from the lowest up: all ones where the bit is set.
TSR_INLINE __m256i stored_bits(const uint8_t *p) {
  uint32_t bits;
  memcpy(&bits, p, sizeof bits);
  return _mm256_movm_epi8(bits);
}

/// What the sixteen values of a nibble mean, scale * (q - origin) + minimum, as a table: a value then costs a
/// permutation and no arithmetic.
typedef vector stored_levels;

TSR_INLINE stored_levels stored_levels_of(vector scale, vector minimum, float origin) {
  const vector quanta = _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return vector_fma(quanta - vector_broadcast(origin), scale, minimum);
}

/// The low halves of VECTOR_LANES bytes, or with `high` the high ones. A permutation looks at four bits of an index.
TSR_INLINE vector stored_nibbles(const uint8_t *p, bool high, stored_levels levels) {
  const __m512i wide = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i_u *)p));
  return _mm512_permutexvar_ps(high ? _mm512_srli_epi32(wide, 4) : wide, levels);
}
