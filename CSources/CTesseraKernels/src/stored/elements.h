// Stored elements to floats, 32 at a time: what linear maps and dequantisation share. `StoredType+Dequantization.swift`
// says in plain loops what each format means. Include it behind a vector layer and the layer's lanes_*.h.

#include <string.h>

/// What a block of several groups says of them, taken apart.
struct stored_factors {
  float scales[16], minima[8];
};

TSR_INLINE bool stored_is_number(enum tsr_stored_type type) {
  return type == TSR_STORED_F32 || type == TSR_STORED_F16 || type == TSR_STORED_BF16;
}

/// Groups of 32 elements in a block; of plain numbers a block is taken to be one group.
TSR_INLINE size_t stored_groups(enum tsr_stored_type type) {
  return type == TSR_STORED_Q4_K || type == TSR_STORED_Q6_K ? 8 : 1;
}

TSR_INLINE size_t stored_block_bytes(enum tsr_stored_type type) {
  switch (type) {
    case TSR_STORED_F32: return 128;
    case TSR_STORED_F16: case TSR_STORED_BF16: return 64;
    case TSR_STORED_Q8_0: return 34;
    case TSR_STORED_Q4_0: return 18;
    case TSR_STORED_Q4_1: return 20;
    case TSR_STORED_Q4_K: return 144;
    case TSR_STORED_Q6_K: return 210;
  }
  __builtin_unreachable();
}

/// Six bits each: of the first four groups' scales, of their minima, then of the last four in pieces.
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
  const __m128i bytes = _mm_loadu_si128((const __m128i_u *)(block + 192));
  int16_t bits;
  memcpy(&bits, block + 208, sizeof bits);
  const __m256 scale = _mm256_cvtph_ps(_mm_set1_epi16(bits));
  const __m256i upper = _mm256_cvtepi8_epi32(_mm_unpackhi_epi64(bytes, bytes));
  _mm256_storeu_ps(factors->scales, _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes)) * scale);
  _mm256_storeu_ps(factors->scales + 8, _mm256_cvtepi32_ps(upper) * scale);
}

/// What all groups of a block need; nothing for types whose block is a group.
TSR_INLINE void stored_begin(enum tsr_stored_type type, const uint8_t *block, struct stored_factors *factors) {
  if (type == TSR_STORED_Q4_K) stored_q4_k_factors(block, factors);
  if (type == TSR_STORED_Q6_K) stored_q6_k_factors(block, factors);
}

/// The quanta of a group, less 32: four bits from the low part, two from the high one.
TSR_INLINE __m256i stored_q6_k_quanta(const uint8_t *block, size_t group) {
  const size_t part = group / 4, quarter = group % 4;
  const uint8_t *low = block + part * 64 + quarter % 2 * 32, *high = block + 128 + part * 32;
  const __m256i low_bits = _mm256_loadu_si256((const __m256i_u *)low);
  const __m256i high_bits = _mm256_loadu_si256((const __m256i_u *)high);
  // Shifted as words of 16 bits; what crosses from byte to byte is masked out.
  const __m256i four = _mm256_srli_epi16(low_bits, quarter < 2 ? 0 : 4) & _mm256_set1_epi8(15);
  const __m256i moved = quarter < 2 ? _mm256_slli_epi16(high_bits, quarter == 0 ? 4 : 2)
                                    : _mm256_srli_epi16(high_bits, quarter == 2 ? 0 : 2);
  return _mm256_sub_epi8(four | (moved & _mm256_set1_epi8(0x30)), _mm256_set1_epi8(32));
}

/// The group's 32 elements.
TSR_INLINE void stored_group(
    enum tsr_stored_type type, const uint8_t *block, const struct stored_factors *factors, size_t group,
    vector elements[STORED_VECTORS]) {
  // Adding it changes no product, not even -0.
  const vector nothing = vector_broadcast(-0.0f);
  vector scale = nothing, minimum = nothing;
  stored_levels levels;
  __m256i quanta = _mm256_setzero_si256();
  switch (type) {
    case TSR_STORED_Q8_0:
    case TSR_STORED_Q4_0: scale = stored_half(block); break;
    case TSR_STORED_Q4_1: stored_two_halves(block, &scale, &minimum); break;
    case TSR_STORED_Q4_K:
      scale = vector_broadcast(factors->scales[group]);
      minimum = vector_broadcast(factors->minima[group]);
      break;
    case TSR_STORED_Q6_K: quanta = stored_q6_k_quanta(block, group); break;
    default: break;
  }
  levels = stored_levels_of(scale, minimum, type == TSR_STORED_Q4_0 ? 8 : 0);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < STORED_VECTORS; i++) {
    const size_t first = i * VECTOR_LANES;
    switch (type) {
      case TSR_STORED_F32: elements[i] = vector_load((const float *)(const void *)block + first); break;
      case TSR_STORED_F16: elements[i] = stored_halves(block + 2 * first); break;
      case TSR_STORED_BF16: elements[i] = stored_bfloats(block + 2 * first); break;
      case TSR_STORED_Q8_0: elements[i] = stored_bytes(block + 2 + first) * scale; break;
      // The first sixteen elements are low halves, the others the high halves of the same bytes.
      case TSR_STORED_Q4_0: elements[i] = stored_nibbles(block + 2 + first % 16, first >= 16, levels); break;
      case TSR_STORED_Q4_1: elements[i] = stored_nibbles(block + 4 + first % 16, first >= 16, levels); break;
      // Two groups share 32 bytes.
      case TSR_STORED_Q4_K:
        elements[i] = stored_nibbles(block + 16 + group / 2 * 32 + first, group % 2 == 1, levels);
        break;
      case TSR_STORED_Q6_K:
        elements[i] = stored_bytes_of(quanta, i) * vector_broadcast(factors->scales[group * 2 + first / 16]);
        break;
    }
  }
}
