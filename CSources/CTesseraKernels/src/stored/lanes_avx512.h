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

/// 32 quanta of five bits: fifth bits from the lowest up, then sixteen bytes, whose low halves are the first sixteen
/// quanta's. What they mean is a table of two registers.
typedef struct {
  __m512i bytes, fifths;
  stored_levels low, high;
} stored_fives;

TSR_INLINE stored_fives stored_fives_load(const uint8_t *p, vector scale, vector minimum, float origin) {
  int32_t fifths;
  memcpy(&fifths, p, sizeof fifths);
  return (stored_fives){
    _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i_u *)(p + 4))), _mm512_set1_epi32(fifths),
    stored_levels_of(scale, minimum, origin), stored_levels_of(scale, minimum, origin - 16)};
}

/// The first VECTOR_LANES of them, or the second.
TSR_INLINE vector stored_fives_of(stored_fives fives, size_t index) {
  // Brings a lane's own bit to the place of the fifth, 16, which alone is taken of it.
  const __m512i turn = _mm512_setr_epi32(-4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
  const __m512i turns = _mm512_add_epi32(turn, _mm512_set1_epi32((int)index * 16));
  const __m512i fifth = _mm512_rorv_epi32(fives.fifths, turns);
  const __m512i four = index == 0 ? fives.bytes : _mm512_srli_epi32(fives.bytes, 4);
  const __m512i quanta = _mm512_ternarylogic_epi32(_mm512_set1_epi32(16), fifth, four, 0xca);
  return _mm512_permutex2var_ps(fives.low, quanta, fives.high);
}
