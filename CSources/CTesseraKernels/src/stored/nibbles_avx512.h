// Linear maps of few rows whose weights are blocks of 32 nibbles (Q4_0, Q4_1), for AVX-512. Include it behind
// lanes_avx512.h, elements.h and tile.h.
//
// A step takes four blocks of a weight row. Their nibbles lie in one register as sixteen words of eight: a shift
// brings every eighth of them down, a table turns it into q - 8, and products are added up a lane before the blocks'
// scales come in:
//
//     sum = sum over blocks  scale * sum_k (q_k - 8) x_k  +  (minimum + 8 * scale) * sum_k x_k
//
// so that sixteen weights cost a shift, a permutation and a product. Near 8, the middle of what nibbles hold, the
// second term is small, and little cancels. The input is brought into the order of the shifts once for all columns
// (tsr_f32_stored_arrange).

enum {
  NIBBLES_BLOCKS = 4,
  NIBBLES_STEP = NIBBLES_BLOCKS * STORED_GROUP,
  NIBBLES_SHIFTS = 8,
  /// Floats of an arranged step: a vector for each shift, and one for scales and minima.
  NIBBLES_ARRANGED = (NIBBLES_SHIFTS + 1) * VECTOR_LANES,
};

TSR_INLINE size_t stored_arranged_count(enum tsr_stored_type type, size_t depth) {
  const bool is_nibbles = type == TSR_STORED_Q4_0 || type == TSR_STORED_Q4_1;
  return is_nibbles ? (depth + NIBBLES_STEP - 1) / NIBBLES_STEP * NIBBLES_ARRANGED : 0;
}

/// Sixteen floats of four blocks, of which lane i of `to[s]` gets float i % 4 * 4 + s of block i / 4.
TSR_INLINE void nibbles_turn(const vector blocks[NIBBLES_BLOCKS], vector to[4]) {
  const __m512i turn = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  vector turned[NIBBLES_BLOCKS], low[2], high[2];
#pragma clang loop unroll(full)
  for (size_t b = 0; b < NIBBLES_BLOCKS; b++) turned[b] = _mm512_permutexvar_ps(turn, blocks[b]);
#pragma clang loop unroll(full)
  for (size_t pair = 0; pair < 2; pair++) {
    low[pair] = _mm512_shuffle_f32x4(turned[2 * pair], turned[2 * pair + 1], _MM_SHUFFLE(1, 0, 1, 0));
    high[pair] = _mm512_shuffle_f32x4(turned[2 * pair], turned[2 * pair + 1], _MM_SHUFFLE(3, 2, 3, 2));
  }
  to[0] = _mm512_shuffle_f32x4(low[0], low[1], _MM_SHUFFLE(2, 0, 2, 0));
  to[1] = _mm512_shuffle_f32x4(low[0], low[1], _MM_SHUFFLE(3, 1, 3, 1));
  to[2] = _mm512_shuffle_f32x4(high[0], high[1], _MM_SHUFFLE(2, 0, 2, 0));
  to[3] = _mm512_shuffle_f32x4(high[0], high[1], _MM_SHUFFLE(3, 1, 3, 1));
}

/// A step's input: vector 2 s + h has for lane i element i % 4 * 4 + s of half h of block i / 4, as the words of stored
/// blocks have them. The last vector is what a block's scale (even lanes) and its minimum (odd ones) are multiplied by.
/// Blocks from `blocks` on are not there: their elements are 0.
TSR_INLINE void nibbles_arrange(enum tsr_stored_type type, const float *input, size_t blocks, float *arranged) {
  vector total = vector_zero();
#pragma clang loop unroll(full)
  for (size_t h = 0; h < 2; h++) {
    vector halves[NIBBLES_BLOCKS], turned[4];
#pragma clang loop unroll(full)
    for (size_t b = 0; b < NIBBLES_BLOCKS; b++) {
      halves[b] = b < blocks ? vector_load(input + b * STORED_GROUP + h * VECTOR_LANES) : vector_zero();
    }
    nibbles_turn(halves, turned);
#pragma clang loop unroll(full)
    for (size_t s = 0; s < 4; s++) {
      vector_store(arranged + (2 * s + h) * VECTOR_LANES, turned[s]);
      total += turned[s];
    }
  }
  // Of a block's four lanes, in each; a scale and a minimum stand in two lanes each.
  total += _mm512_permute_ps(total, _MM_SHUFFLE(2, 3, 0, 1));
  total += _mm512_permute_ps(total, _MM_SHUFFLE(1, 0, 3, 2));
  // Of Q4_0 a weight is scale * (q - 8): nothing is left to add.
  const vector shares = type == TSR_STORED_Q4_0
      ? vector_zero()
      : _mm512_mask_blend_ps(0xaaaa, vector_broadcast(8.0f / 2), vector_broadcast(1.0f / 2));
  vector_store(arranged + NIBBLES_SHIFTS * VECTOR_LANES, total * shares);
}

static void tsr_f32_stored_arrange(const struct tsr_stored_arrange_f32 *call) {
  const size_t blocks = call->depth / STORED_GROUP;
  float *arranged = call->arranged;
  for (size_t row = 0; row < call->rows; row++) {
    const float *input = call->input + (ptrdiff_t)row * call->input_stride;
    for (size_t b = 0; b < blocks; b += NIBBLES_BLOCKS, arranged += NIBBLES_ARRANGED) {
      nibbles_arrange(call->type, input + b * STORED_GROUP, blocks - b, arranged);
    }
  }
}

/// Four blocks taken apart.
struct nibbles {
  /// Sixteen words of eight nibbles.
  __m512i words;
  /// Four lanes a block: its scale and its minimum in turns; of Q4_0, which has no minima, its scale.
  vector factors;
};

/// From the step's first 64 bytes and its last 64.
TSR_INLINE struct nibbles nibbles_split(enum tsr_stored_type type, __m512i a, __m512i b) {
  struct nibbles split;
  if (type == TSR_STORED_Q4_1) {
    // Five words a block, the first with scale and minimum. Numbers from 16 on are b's, whose first is the step's
    // fourth.
    split.words = _mm512_permutex2var_epi32(
        a, _mm512_setr_epi32(1, 2, 3, 4, 6, 7, 8, 9, 11, 12, 13, 14, 28, 29, 30, 31), b);
    const __m512i halves = _mm512_permutexvar_epi32(
        _mm512_setr_epi32(0, 0, 5, 5, 10, 10, 15, 15, 0, 0, 0, 0, 0, 0, 0, 0), a);
    split.factors = _mm512_cvtph_ps(_mm512_castsi512_si256(halves));
  } else {
    // Nine halves of words a block, the first of them the scale. Each word here has the numbers of two, the lower in
    // its lower half; numbers from 32 on are b's, whose first is the step's fourth.
    const __m512i numbers = _mm512_setr_epi32(
        0x00020001, 0x00040003, 0x00060005, 0x00080007, 0x000b000a, 0x000d000c, 0x000f000e, 0x00110010, 0x00140013,
        0x00160015, 0x00180017, 0x001a0019, 0x001d001c, 0x001f001e, 0x003d003c, 0x003f003e);
    const __m512i scales = _mm512_setr_epi32(
        0, 0, 0x00090009, 0x00090009, 0x00120012, 0x00120012, 0x001b001b, 0x001b001b, 0, 0, 0, 0, 0, 0, 0, 0);
    split.words = _mm512_permutex2var_epi16(a, numbers, b);
    split.factors = _mm512_cvtph_ps(_mm512_castsi512_si256(_mm512_permutexvar_epi16(scales, a)));
  }
  return split;
}

TSR_INLINE struct nibbles nibbles_load(enum tsr_stored_type type, const uint8_t *step) {
  const size_t bytes = NIBBLES_BLOCKS * stored_block_bytes(type);
  return nibbles_split(type, _mm512_loadu_si512(step), _mm512_loadu_si512(step + bytes - 64));
}

/// The last step, of 1 to 3 blocks: what is not there is 0, and nothing behind them is read.
TSR_INLINE struct nibbles nibbles_load_some(enum tsr_stored_type type, const uint8_t *step, size_t blocks) {
  const size_t bytes = stored_block_bytes(type), skipped = NIBBLES_BLOCKS * bytes - 64;
  const __mmask64 first = ~(__mmask64)0 >> (64 - blocks * bytes);
  const __mmask64 last = first >> skipped;
  return nibbles_split(
      type, _mm512_maskz_loadu_epi8(first, step), _mm512_maskz_loadu_epi8(last, step + skipped));
}

/// A step of one column: products, and what the blocks' scales and minima make of them.
TSR_INLINE void nibbles_step(
    enum tsr_stored_type type, struct nibbles weights, const float *arranged, ptrdiff_t arranged_stride,
    size_t rows, vector sums[]) {
  const vector levels = _mm512_setr_ps(-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7);
  vector products[4];
#pragma clang loop unroll(full)
  for (size_t shift = 0; shift < NIBBLES_SHIFTS; shift++) {
    // A permutation looks at four bits of an index.
    const vector w = _mm512_permutexvar_ps(_mm512_srli_epi32(weights.words, (unsigned)(4 * shift)), levels);
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) {
      const vector x = vector_load(arranged + (ptrdiff_t)r * arranged_stride + shift * VECTOR_LANES);
      products[r] = shift == 0 ? w * x : vector_fma(w, x, products[r]);
    }
  }
  const vector scales = type == TSR_STORED_Q4_0 ? weights.factors : _mm512_moveldup_ps(weights.factors);
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++) {
    if (type == TSR_STORED_Q4_1) {
      const float *shares = arranged + (ptrdiff_t)r * arranged_stride + NIBBLES_SHIFTS * VECTOR_LANES;
      sums[r] = vector_fma(weights.factors, vector_load(shares), sums[r]);
    }
    sums[r] = vector_fma(products[r], scales, sums[r]);
  }
}

/// The sums of four vectors' lanes.
TSR_INLINE __m128 nibbles_sums(const vector x[4]) {
  const vector a = _mm512_unpacklo_ps(x[0], x[1]) + _mm512_unpackhi_ps(x[0], x[1]);
  const vector b = _mm512_unpacklo_ps(x[2], x[3]) + _mm512_unpackhi_ps(x[2], x[3]);
  const vector c = _mm512_shuffle_ps(a, b, _MM_SHUFFLE(1, 0, 1, 0)) + _mm512_shuffle_ps(a, b, _MM_SHUFFLE(3, 2, 3, 2));
  const __m256 half = _mm512_castps512_ps256(c) + _mm512_extractf32x8_ps(c, 1);
  return _mm256_castps256_ps128(half) + _mm256_extractf128_ps(half, 1);
}

/// Four columns, or one.
TSR_INLINE void nibbles_tile(
    enum tsr_stored_type type, const struct tsr_stored_linear_f32 *call, struct stored_tile tile, size_t rows,
    size_t columns, float *output) {
  const size_t bytes = stored_block_bytes(type), count = call->depth / STORED_GROUP;
  vector sums[4][4];
#pragma clang loop unroll(full)
  for (size_t c = 0; c < 4; c++) {
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) sums[c][r] = vector_zero();
  }
  const float *arranged = tile.input;
  size_t first = 0;
  for (; first + NIBBLES_BLOCKS <= count; first += NIBBLES_BLOCKS, arranged += NIBBLES_ARRANGED) {
    stored_ahead(tile.weight + first * bytes * columns, NIBBLES_BLOCKS * bytes * columns);
#pragma clang loop unroll(full)
    for (size_t c = 0; c < columns; c++) {
      const uint8_t *step = tile.weight + c * tile.row_bytes + first * bytes;
      nibbles_step(type, nibbles_load(type, step), arranged, tile.input_stride, rows, sums[c]);
    }
  }
  if (first < count) {
#pragma clang loop unroll(full)
    for (size_t c = 0; c < columns; c++) {
      const uint8_t *step = tile.weight + c * tile.row_bytes + first * bytes;
      nibbles_step(
          type, nibbles_load_some(type, step, count - first), arranged, tile.input_stride, rows, sums[c]);
    }
  }
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++) {
    float *place = output + (ptrdiff_t)r * call->output_stride;
    const vector ends[4] = {sums[0][r], sums[1][r], sums[2][r], sums[3][r]};
    const __m128 sum = nibbles_sums(ends);
    if (columns == 1) {
      *place = call->accumulate ? *place + _mm_cvtss_f32(sum) : _mm_cvtss_f32(sum);
    } else {
      _mm_storeu_ps(place, call->accumulate ? _mm_loadu_ps(place) + sum : sum);
    }
  }
}
