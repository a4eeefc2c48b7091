// The quanta of 32 elements of a block of 256 as signed bytes in a register. Include it behind a vector layer.

/// Two bits of eight groups: four groups share 32 bytes.
TSR_INLINE __m256i stored_two_bits(const uint8_t *p, size_t group) {
  const __m256i bytes = _mm256_loadu_si256((const __m256i_u *)(p + group / 4 * 32));
  // Shifted as words of 16 bits; what crosses from byte to byte is masked out.
  return _mm256_srli_epi16(bytes, (int)(group % 4 * 2)) & _mm256_set1_epi8(3);
}

/// Three bits less 4: the third is bit `group` of the first 32 bytes. 0xfc is the byte -4, and its low bits are free.
TSR_INLINE __m256i stored_q3_k_quanta(const uint8_t *block, size_t group) {
  const __m256i third = _mm256_loadu_si256((const __m256i_u *)block) & _mm256_set1_epi8((char)(1 << group));
  const __m256i is_less = _mm256_cmpeq_epi8(third, _mm256_setzero_si256());
  return stored_two_bits(block + 32, group) | (is_less & _mm256_set1_epi8((char)0xfc));
}

/// Five bits: the fifth is bit `group` of the first 32 bytes; two groups share 32 bytes behind them.
TSR_INLINE __m256i stored_q5_k_quanta(const uint8_t *p, size_t group) {
  const __m256i high_bits = _mm256_loadu_si256((const __m256i_u *)p);
  const __m256i low_bits = _mm256_loadu_si256((const __m256i_u *)(p + 32 + group / 2 * 32));
  const __m256i four = _mm256_srli_epi16(low_bits, group % 2 == 0 ? 0 : 4) & _mm256_set1_epi8(15);
  const __m256i moved = group < 4 ? _mm256_slli_epi16(high_bits, (int)(4 - group))
                                  : _mm256_srli_epi16(high_bits, (int)(group - 4));
  return four | (moved & _mm256_set1_epi8(0x10));
}

/// Six bits less 32: four from the low part, two from the high one.
TSR_INLINE __m256i stored_q6_k_quanta(const uint8_t *block, size_t group) {
  const size_t part = group / 4, quarter = group % 4;
  const uint8_t *low = block + part * 64 + quarter % 2 * 32, *high = block + 128 + part * 32;
  const __m256i low_bits = _mm256_loadu_si256((const __m256i_u *)low);
  const __m256i high_bits = _mm256_loadu_si256((const __m256i_u *)high);
  const __m256i four = _mm256_srli_epi16(low_bits, quarter < 2 ? 0 : 4) & _mm256_set1_epi8(15);
  const __m256i moved = quarter < 2 ? _mm256_slli_epi16(high_bits, quarter == 0 ? 4 : 2)
                                    : _mm256_srli_epi16(high_bits, quarter == 2 ? 0 : 2);
  return _mm256_sub_epi8(four | (moved & _mm256_set1_epi8(0x30)), _mm256_set1_epi8(32));
}
