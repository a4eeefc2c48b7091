// Philox words in AVX2 registers: one 32-bit word in the low half of each of 4 64-bit lanes, one lane a counter.
// The high halves hold anything, because the 32 x 32 -> 64 bit multiplication ignores them.

typedef __m256i philox_words;
/// 16 draws, one in each 16-bit lane.
typedef __m256i philox_draws;

/// A step makes the draws of PHILOX_LANES counters, that is of PHILOX_STEP columns: two `philox_draws`, four `vector`s.
enum { PHILOX_LANES = 4, PHILOX_STEP = 32 };

TSR_INLINE philox_words philox_broadcast(uint64_t value) { return _mm256_set1_epi64x((long long)value); }
/// Block numbers of a step relative to its first. In this order, interleaving whole counters (`philox_interleave_low`
/// and `_high`) gives blocks 0, 2 and 1, 3, the order that packs to bytes in the order of columns.
TSR_INLINE philox_words philox_lane_blocks(void) { return _mm256_setr_epi64x(0, 1, 2, 3); }
TSR_INLINE philox_words philox_multiply(philox_words x, philox_words y) { return _mm256_mul_epu32(x, y); }
TSR_INLINE philox_words philox_high(philox_words product) { return _mm256_srli_epi64(product, 32); }
TSR_INLINE philox_words philox_xor(philox_words x, philox_words y) { return _mm256_xor_si256(x, y); }
TSR_INLINE philox_words philox_xor3(philox_words x, philox_words y, philox_words z) {
  return _mm256_xor_si256(x, _mm256_xor_si256(y, z));
}
TSR_INLINE philox_words philox_add(philox_words x, philox_words y) { return _mm256_add_epi64(x, y); }
/// Low halves of x ^ y and high halves of z.
TSR_INLINE philox_words philox_xor_below(philox_words x, philox_words y, philox_words z) {
  return _mm256_blend_epi32(_mm256_xor_si256(x, y), z, 0xaa);
}
TSR_INLINE philox_words philox_swap_halves(philox_words x) { return _mm256_shuffle_epi32(x, 0xb1); }
TSR_INLINE philox_draws philox_interleave_low(philox_words low, philox_words high) {
  return _mm256_unpacklo_epi64(low, high);
}
TSR_INLINE philox_draws philox_interleave_high(philox_words low, philox_words high) {
  return _mm256_unpackhi_epi64(low, high);
}

/// Draws are compared as signed numbers, AVX2 having no other comparison, so every draw and the threshold carry this
/// offset. The generator folds it into its last round for nothing.
enum { PHILOX_DECISION_BIAS = 0x8000 };

/// Decisions of a step.
struct philox_decisions {
  philox_draws even, odd;  ///< all ones where kept; blocks 0, 2 and 1, 3
};
/// draw >= threshold is draw > threshold - 1, which has 16 bits for thresholds 1 ... 65536.
TSR_INLINE philox_draws philox_limit(uint32_t threshold) {
  return _mm256_set1_epi16((short)((threshold - 1u) ^ PHILOX_DECISION_BIAS));
}
TSR_INLINE struct philox_decisions philox_decide(philox_draws low, philox_draws high, philox_draws limit) {
  return (struct philox_decisions){_mm256_cmpgt_epi16(low, limit), _mm256_cmpgt_epi16(high, limit)};
}
/// Keeps the compiler from moving the making of decisions to where they are used, which would undo the interleaving.
TSR_INLINE void philox_settle(struct philox_decisions *kept) {
  __asm__ volatile("" : "+x"(kept->even), "+x"(kept->odd));
}
/// The lanes kept in vector `index`, 0 ... 3, of the step.
TSR_INLINE vector_lanes philox_kept_lanes(struct philox_decisions kept, int index) {
  const __m256i blocks = index % 2 == 0 ? kept.even : kept.odd;
  const __m128i block = index < 2 ? _mm256_castsi256_si128(blocks) : _mm256_extracti128_si256(blocks, 1);
  return _mm256_cvtepi16_epi32(block);
}

/// The mask bytes of a step.
typedef __m256i philox_bytes;
TSR_INLINE philox_bytes philox_mask_bytes(struct philox_decisions kept) {
  return _mm256_and_si256(_mm256_packs_epi16(kept.even, kept.odd), _mm256_set1_epi8(1));
}
TSR_INLINE void philox_store_bytes(uint8_t *mask, philox_bytes bytes) { _mm256_storeu_si256((__m256i_u *)mask, bytes); }
TSR_INLINE void philox_stream_bytes(uint8_t *mask, philox_bytes bytes) { _mm256_stream_si256((__m256i *)mask, bytes); }
