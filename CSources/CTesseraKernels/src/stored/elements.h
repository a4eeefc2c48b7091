// Stored elements to floats, 32 at a time: what linear maps and dequantisation share. In plain loops
// `ElementType+Dequantization.swift` and `ElementType+FactorBlocks.swift` say what each format means. Include it behind
// factors.h and quanta.h.

/// `use` with each type but F32. A kernel has a function for each, which is not inlined: together their stack frames
/// would be megabytes where nothing is optimised.
#define STORED_TYPES(use) \
  use(F16) use(BF16) use(Q8_0) use(Q4_0) use(Q4_1) use(Q5_0) use(Q5_1) use(Q2_K) use(Q3_K) use(Q4_K) use(Q5_K) use(Q6_K)
#define STORED_APART static __attribute__((noinline))

TSR_INLINE bool stored_is_number(enum tsr_stored_type type) {
  return type == TSR_STORED_F32 || type == TSR_STORED_F16 || type == TSR_STORED_BF16;
}

/// Groups of 32 elements in a block; of plain numbers a block is taken to be one group.
TSR_INLINE size_t stored_groups(enum tsr_stored_type type) {
  switch (type) {
    case TSR_STORED_Q2_K: case TSR_STORED_Q3_K: case TSR_STORED_Q4_K: case TSR_STORED_Q5_K: case TSR_STORED_Q6_K:
      return 8;
    default: return 1;
  }
}

TSR_INLINE size_t stored_block_bytes(enum tsr_stored_type type) {
  switch (type) {
    case TSR_STORED_F32: return 128;
    case TSR_STORED_F16: case TSR_STORED_BF16: return 64;
    case TSR_STORED_Q8_0: return 34;
    case TSR_STORED_Q4_0: return 18;
    case TSR_STORED_Q4_1: return 20;
    case TSR_STORED_Q5_0: return 22;
    case TSR_STORED_Q5_1: return 24;
    case TSR_STORED_Q2_K: return 84;
    case TSR_STORED_Q3_K: return 110;
    case TSR_STORED_Q4_K: return 144;
    case TSR_STORED_Q5_K: return 176;
    case TSR_STORED_Q6_K: return 210;
  }
  __builtin_unreachable();
}

/// The group's 32 elements.
TSR_INLINE void stored_group(
    enum tsr_stored_type type, const uint8_t *block, const struct stored_factors *factors, size_t group,
    vector elements[STORED_VECTORS]) {
  // Adding it changes no product, not even -0.
  const vector nothing = vector_broadcast(-0.0f);
  vector scale = nothing, minimum = nothing;
  stored_levels levels;
  stored_fives fives;
  __m256i quanta = _mm256_setzero_si256();
  switch (type) {
    case TSR_STORED_Q8_0:
    case TSR_STORED_Q4_0: scale = stored_half(block); break;
    case TSR_STORED_Q4_1: stored_two_halves(block, &scale, &minimum); break;
    case TSR_STORED_Q5_0: fives = stored_fives_load(block + 2, stored_half(block), nothing, 16); break;
    case TSR_STORED_Q5_1:
      stored_two_halves(block, &scale, &minimum);
      fives = stored_fives_load(block + 4, scale, minimum, 0);
      break;
    case TSR_STORED_Q2_K: quanta = stored_two_bits(block + 16, group); break;
    case TSR_STORED_Q3_K: quanta = stored_q3_k_quanta(block, group); break;
    case TSR_STORED_Q4_K:
    case TSR_STORED_Q5_K:
      scale = vector_broadcast(factors->scales[group]);
      minimum = vector_broadcast(factors->minima[group]);
      if (type == TSR_STORED_Q5_K) quanta = stored_q5_k_quanta(block + 16, group);
      break;
    case TSR_STORED_Q6_K: quanta = stored_q6_k_quanta(block, group); break;
    default: break;
  }
  levels = stored_levels_of(scale, minimum, type == TSR_STORED_Q4_0 ? 8 : 0);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < STORED_VECTORS; i++) {
    const size_t first = i * VECTOR_LANES, sixteen = group * 2 + first / 16;
    switch (type) {
      case TSR_STORED_F32: elements[i] = vector_load((const float *)(const void *)block + first); break;
      case TSR_STORED_F16: elements[i] = stored_halves(block + 2 * first); break;
      case TSR_STORED_BF16: elements[i] = stored_bfloats(block + 2 * first); break;
      case TSR_STORED_Q8_0: elements[i] = stored_bytes(block + 2 + first) * scale; break;
      // The first sixteen elements are low halves, the others the high halves of the same bytes.
      case TSR_STORED_Q4_0: elements[i] = stored_nibbles(block + 2 + first % 16, first >= 16, levels); break;
      case TSR_STORED_Q4_1: elements[i] = stored_nibbles(block + 4 + first % 16, first >= 16, levels); break;
      case TSR_STORED_Q5_0:
      case TSR_STORED_Q5_1: elements[i] = stored_fives_of(fives, i); break;
      case TSR_STORED_Q5_K: elements[i] = vector_fma(stored_bytes_of(quanta, i), scale, minimum); break;
      // Two groups share 32 bytes.
      case TSR_STORED_Q4_K:
        elements[i] = stored_nibbles(block + 16 + group / 2 * 32 + first, group % 2 == 1, levels);
        break;
      case TSR_STORED_Q2_K:
        elements[i] = vector_fma(
            stored_bytes_of(quanta, i), vector_broadcast(factors->scales[sixteen]),
            vector_broadcast(factors->minima[sixteen]));
        break;
      case TSR_STORED_Q3_K:
      case TSR_STORED_Q6_K:
        elements[i] = stored_bytes_of(quanta, i) * vector_broadcast(factors->scales[sixteen]);
        break;
    }
  }
}
