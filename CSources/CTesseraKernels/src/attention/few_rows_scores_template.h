// Scores of few query rows, written once. Include after few_rows_template.h.

/// A group of at most FEW_ROWS rows and the keys of a tile.
struct few_rows_scores {
  size_t rows, count, depth;
  const float *queries, *keys;
  ptrdiff_t keys_stride;
  float *scores;
  ptrdiff_t scores_stride;
};

/// Adds the products of `here` elements from `d` on to the sums of every row with every key: sum r * keys + k.
TSR_INLINE void few_rows_scores_add(
    size_t rows, size_t keys, const float *const query[], const float *first, ptrdiff_t run, size_t d, size_t here,
    vector sums[]) {
  vector x[VECTOR_LANES];
#pragma clang loop unroll(full)
  for (size_t k = 0; k < keys; k++) {
    const float *key = first + (ptrdiff_t)k * run + d;
    x[k] = columns_load(key, here);
    vector_prefetch(key + FEW_ROWS_AHEAD);
  }
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++) {
    const vector q = columns_load(query[r] + d, here);
#pragma clang loop unroll(full)
    for (size_t k = 0; k < keys; k++) sums[r * keys + k] = vector_fma(q, x[k], sums[r * keys + k]);
  }
}

/// totals[r * keys + k] = the score of row r, of `slots` (a constant), with the k-th of VECTOR_LANES / slots keys that
/// are `run` elements apart from `first` on: a full register of sums. Slots without a row have the last row's.
TSR_INLINE void few_rows_scores_step(
    const struct few_rows_scores *tile, size_t slots, const float *first, ptrdiff_t run, float *totals) {
  const size_t keys = VECTOR_LANES / slots;
  const float *query[FEW_ROWS];
#pragma clang loop unroll(full)
  for (size_t r = 0; r < slots; r++) query[r] = tile->queries + (r < tile->rows ? r : tile->rows - 1) * tile->depth;
  vector sums[VECTOR_LANES];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < VECTOR_LANES; i++) sums[i] = vector_zero();
  size_t d = 0;
#pragma clang loop unroll_count(2)
  for (; tile->depth - d >= VECTOR_LANES; d += VECTOR_LANES) {
    few_rows_scores_add(slots, keys, query, first, run, d, VECTOR_LANES, sums);
  }
  if (d < tile->depth) few_rows_scores_add(slots, keys, query, first, run, d, tile->depth - d, sums);
  vector_store(totals, vector_sums(sums));
}

TSR_INLINE void few_rows_scores_group(const struct few_rows_scores *tile, size_t slots) {
  const size_t keys = VECTOR_LANES / slots, length = tile->count / keys;
  float totals[VECTOR_LANES];
  for (size_t key = 0; key < length; key++) {
    const float *first = tile->keys + (ptrdiff_t)key * tile->keys_stride;
    few_rows_scores_step(tile, slots, first, (ptrdiff_t)length * tile->keys_stride, totals);
    for (size_t r = 0; r < tile->rows; r++) {
      float *scores = tile->scores + (ptrdiff_t)r * tile->scores_stride + key;
#pragma clang loop unroll(full)
      for (size_t k = 0; k < keys; k++) scores[k * length] = totals[r * keys + k];
    }
  }
  // Keys that the runs leave over, one by one.
  for (size_t key = length * keys; key < tile->count; key++) {
    few_rows_scores_step(tile, slots, tile->keys + (ptrdiff_t)key * tile->keys_stride, 0, totals);
    for (size_t r = 0; r < tile->rows; r++) {
      tile->scores[(ptrdiff_t)r * tile->scores_stride + (ptrdiff_t)key] = totals[r * keys];
    }
  }
}

static void tsr_f32_attention_scores(const struct tsr_attention_scores_f32 *tile) {
  for (size_t row = 0; row < tile->rows; row += FEW_ROWS) {
    const struct few_rows_scores group = {
        .rows = tile->rows - row < FEW_ROWS ? tile->rows - row : FEW_ROWS,
        .count = tile->count,
        .depth = tile->depth,
        .queries = tile->queries + row * tile->depth,
        .keys = tile->keys,
        .keys_stride = tile->keys_stride,
        .scores = tile->scores + (ptrdiff_t)row * tile->scores_stride,
        .scores_stride = tile->scores_stride,
    };
    if (group.rows > 2) {
      few_rows_scores_group(&group, 4);
    } else if (group.rows == 2) {
      few_rows_scores_group(&group, 2);
    } else {
      few_rows_scores_group(&group, 1);
    }
  }
}
