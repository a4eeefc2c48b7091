// What the groups of a block are multiplied by, and what is taken from them. Include it behind a vector layer and
// the layer's lanes_*.h.

/// What a block of several groups says of them, taken apart.
struct stored_factors {
  float scales[16], minima[16];
};

/// Sixteen signed bytes as floats, times a factor.
TSR_INLINE void stored_sixteen(__m128i bytes, vector factor, float products[16]) {
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 16 / VECTOR_LANES; i++) {
    vector_store(products + i * VECTOR_LANES, stored_bytes_of(_mm256_castsi128_si256(bytes), i) * factor);
  }
}

/// Half a byte each: a group's scale, and its minimum.
TSR_INLINE void stored_q2_k_factors(const uint8_t *block, struct stored_factors *factors) {
  const __m128i bytes = _mm_loadu_si128((const __m128i_u *)block), low = _mm_set1_epi8(15);
  vector scale, minimum;
  stored_two_halves(block + 80, &scale, &minimum);
  stored_sixteen(bytes & low, scale, factors->scales);
  stored_sixteen(_mm_srli_epi16(bytes, 4) & low, -minimum, factors->minima);
}

/// Six bits each, less 32: low four bits are halves of eight bytes, the others lie in four behind them.
TSR_INLINE void stored_q3_k_factors(const uint8_t *block, struct stored_factors *factors) {
  uint32_t words[3];
  memcpy(words, block + 96, sizeof words);
  const uint32_t low_bits = 0x0f0f0f0f, top_bits = 0x03030303;
  const uint32_t bytes[4] = {
    (words[0] & low_bits) | ((words[2] & top_bits) << 4),
    (words[1] & low_bits) | ((words[2] >> 2 & top_bits) << 4),
    (words[0] >> 4 & low_bits) | ((words[2] >> 4 & top_bits) << 4),
    (words[1] >> 4 & low_bits) | ((words[2] >> 6 & top_bits) << 4),
  };
  const __m128i factor = _mm_sub_epi8(_mm_loadu_si128((const __m128i_u *)bytes), _mm_set1_epi8(32));
  stored_sixteen(factor, stored_half(block + 108), factors->scales);
}

/// Of Q4_K and Q5_K, six bits each: of the first four groups' scales, of their minima, then of the last four in pieces.
TSR_INLINE void stored_q4_k_factors(const uint8_t *block, struct stored_factors *factors) {
  uint32_t words[3];
  memcpy(words, block + 4, sizeof words);
  // Four bytes at a time, as one word.
  const uint32_t low_bits = 0x0f0f0f0f, six_bits = 0x3f3f3f3f, top_bits = 0x03030303;
  const uint32_t bytes[4] = {
    words[0] & six_bits, (words[2] & low_bits) | ((words[0] >> 6 & top_bits) << 4),
    words[1] & six_bits, (words[2] >> 4 & low_bits) | ((words[1] >> 6 & top_bits) << 4),
  };
  const __m256i all = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i_u *)bytes));
  const __m256 scales = _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(_mm256_castsi256_si128(all)));
  const __m256 minima = _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(_mm256_extracti128_si256(all, 1)));
  uint32_t halves;
  memcpy(&halves, block, sizeof halves);
  const __m128 both = _mm_cvtph_ps(_mm_cvtsi32_si128((int)halves));
  const __m256 scale = _mm256_broadcastss_ps(both), minimum = _mm256_broadcastss_ps(_mm_movehdup_ps(both));
  _mm256_storeu_ps(factors->scales, scales * scale);
  _mm256_storeu_ps(factors->minima, -(minima * minimum));
}

TSR_INLINE void stored_q6_k_factors(const uint8_t *block, struct stored_factors *factors) {
  stored_sixteen(_mm_loadu_si128((const __m128i_u *)(block + 192)), stored_half(block + 208), factors->scales);
}

/// What all groups of a block need; nothing for types whose block is a group.
TSR_INLINE void stored_begin(enum tsr_stored_type type, const uint8_t *block, struct stored_factors *factors) {
  if (type == TSR_STORED_Q2_K) stored_q2_k_factors(block, factors);
  if (type == TSR_STORED_Q3_K) stored_q3_k_factors(block, factors);
  if (type == TSR_STORED_Q4_K || type == TSR_STORED_Q5_K) stored_q4_k_factors(block, factors);
  if (type == TSR_STORED_Q6_K) stored_q6_k_factors(block, factors);
}
