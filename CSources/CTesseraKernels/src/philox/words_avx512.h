// Philox words in AVX-512 registers: one 32-bit word in the low half of each of 8 64-bit lanes, one lane a counter.
// The high halves hold anything, because the 32 x 32 -> 64 bit multiplication ignores them.

typedef __m512i philox_words;
/// 32 draws, one in each 16-bit lane.
typedef __m512i philox_draws;

/// A step makes the draws of PHILOX_LANES counters, that is of PHILOX_STEP columns: two `philox_draws`, four `vector`s.
enum { PHILOX_LANES = 8, PHILOX_STEP = 64 };

TSR_INLINE philox_words philox_broadcast(uint64_t value) { return _mm512_set1_epi64((long long)value); }
/// Block numbers of a step relative to its first. In this order, interleaving whole counters (`philox_interleave_low`
/// and `_high`) gives blocks 0 ... 3 and 4 ... 7.
TSR_INLINE philox_words philox_lane_blocks(void) { return _mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7); }
TSR_INLINE philox_words philox_multiply(philox_words x, philox_words y) { return _mm512_mul_epu32(x, y); }
TSR_INLINE philox_words philox_high(philox_words product) { return _mm512_srli_epi64(product, 32); }
TSR_INLINE philox_words philox_xor(philox_words x, philox_words y) { return _mm512_xor_si512(x, y); }
TSR_INLINE philox_words philox_xor3(philox_words x, philox_words y, philox_words z) {
  return _mm512_ternarylogic_epi64(x, y, z, 0x96);
}
TSR_INLINE philox_words philox_add(philox_words x, philox_words y) { return _mm512_add_epi64(x, y); }
/// Low halves of x ^ y and high halves of z.
TSR_INLINE philox_words philox_xor_below(philox_words x, philox_words y, philox_words z) {
  return _mm512_mask_xor_epi32(z, 0x5555, x, y);
}
TSR_INLINE philox_words philox_swap_halves(philox_words x) { return _mm512_rol_epi64(x, 32); }
TSR_INLINE philox_draws philox_interleave_low(philox_words low, philox_words high) {
  return _mm512_unpacklo_epi64(low, high);
}
TSR_INLINE philox_draws philox_interleave_high(philox_words low, philox_words high) {
  return _mm512_unpackhi_epi64(low, high);
}

/// AVX-512 compares unsigned numbers, so draws need no offset (AVX2's do).
enum { PHILOX_DECISION_BIAS = 0 };

/// Decisions of a step, a bit a column, 1 where kept.
struct philox_decisions {
  __mmask64 columns;
};
/// draw >= threshold is draw > threshold - 1, which has 16 bits for thresholds 1 ... 65536.
TSR_INLINE philox_draws philox_limit(uint32_t threshold) { return _mm512_set1_epi16((short)(threshold - 1u)); }
TSR_INLINE struct philox_decisions philox_decide(philox_draws low, philox_draws high, philox_draws limit) {
  return (struct philox_decisions){
      _mm512_kunpackd(_mm512_cmpgt_epu16_mask(high, limit), _mm512_cmpgt_epu16_mask(low, limit))};
}
/// Keeps the compiler from moving the making of decisions to where they are used, which would undo the interleaving.
TSR_INLINE void philox_settle(struct philox_decisions *kept) { __asm__ volatile("" : "+Yk"(kept->columns)); }
/// The lanes kept in vector `index`, 0 ... 3, of the step.
TSR_INLINE vector_lanes philox_kept_lanes(struct philox_decisions kept, int index) {
  return (__mmask16)(kept.columns >> (16 * index));
}

/// The mask bytes of a step.
typedef __m512i philox_bytes;
TSR_INLINE philox_bytes philox_mask_bytes(struct philox_decisions kept) {
  return _mm512_maskz_mov_epi8(kept.columns, _mm512_set1_epi8(1));
}
TSR_INLINE void philox_store_bytes(uint8_t *mask, philox_bytes bytes) { _mm512_storeu_si512(mask, bytes); }
TSR_INLINE void philox_stream_bytes(uint8_t *mask, philox_bytes bytes) { _mm512_stream_si512((__m512i *)mask, bytes); }
