// Output of few query rows, written once. Include after few_rows_template.h.

/// Neighbouring keys that a tile adds between loading its sums and storing them.
enum { VALUES_KEYS = 4 };
/// Vectors of a tile; with 2, 4 and 4 rows their sums take half of the registers.
enum { VALUES_WIDE = VECTOR_LANES / 2, VALUES_NARROW = VECTOR_LANES / 4 };

/// Adds `keys` values from `key` on to `rows` rows of `vectors` vectors, both constants. `last` columns of the last
/// vector exist. The first rows of a tile `ask` for what comes later.
TSR_INLINE void few_rows_values_tile(
    const struct tsr_attention_values_f32 *call, size_t key, size_t keys, size_t row, size_t rows, size_t column,
    size_t vectors, size_t last, bool asks) {
  const float *value = call->values + (ptrdiff_t)key * call->values_stride + column;
  const float *weights = call->weights + (ptrdiff_t)row * call->weights_stride + key;
  float *output = call->output + row * call->columns + column;
  vector sums[VECTOR_LANES];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < rows * vectors; i++) {
    const size_t v = i % vectors;
    sums[i] = columns_load(
        output + i / vectors * call->columns + v * VECTOR_LANES, v + 1 < vectors ? (size_t)VECTOR_LANES : last);
  }
#pragma clang loop unroll_count(2)
  for (size_t k = 0; k < keys; k++) {
    vector weight[VECTOR_LANES];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) {
      weight[r] = vector_broadcast(weights[(ptrdiff_t)r * call->weights_stride + (ptrdiff_t)k]);
    }
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++) {
      const float *from = value + v * VECTOR_LANES;
      const vector x = columns_load(from, v + 1 < vectors ? (size_t)VECTOR_LANES : last);
      if (asks && v * VECTOR_LANES % FLOATS_PER_CACHE_LINE == 0) vector_prefetch(from + FEW_ROWS_VALUES_AHEAD);
#pragma clang loop unroll(full)
      for (size_t r = 0; r < rows; r++) sums[r * vectors + v] = vector_fma(weight[r], x, sums[r * vectors + v]);
    }
    value += call->values_stride;
  }
#pragma clang loop unroll(full)
  for (size_t i = 0; i < rows * vectors; i++) {
    const size_t v = i % vectors;
    columns_store(
        output + i / vectors * call->columns + v * VECTOR_LANES, v + 1 < vectors ? (size_t)VECTOR_LANES : last,
        sums[i], false);
  }
}

/// At most `most`, a constant, of the rows from `row` on. Each number of rows is its own code.
TSR_INLINE void few_rows_values_some(
    const struct tsr_attention_values_f32 *call, size_t key, size_t keys, size_t row, size_t most, size_t column,
    size_t vectors, size_t last, bool asks) {
  const size_t rest = call->rows - row;
  if (rest >= most) {
    few_rows_values_tile(call, key, keys, row, most, column, vectors, last, asks);
  } else if (most > 3 && rest == 3) {
    few_rows_values_tile(call, key, keys, row, 3, column, vectors, last, asks);
  } else if (most > 2 && rest == 2) {
    few_rows_values_tile(call, key, keys, row, 2, column, vectors, last, asks);
  } else {
    few_rows_values_tile(call, key, keys, row, 1, column, vectors, last, asks);
  }
}

/// All rows, of which the first read the values from memory and the others from the first-level cache.
TSR_INLINE void few_rows_values_rows(
    const struct tsr_attention_values_f32 *call, size_t key, size_t keys, size_t most, size_t column, size_t vectors,
    size_t last) {
  for (size_t row = 0; row < call->rows; row += most) {
    few_rows_values_some(call, key, keys, row, most, column, vectors, last, row == 0);
  }
}

/// All columns of `keys` values.
TSR_INLINE void few_rows_values_keys(const struct tsr_attention_values_f32 *call, size_t key, size_t keys) {
  enum { WIDE = VALUES_WIDE * VECTOR_LANES, NARROW = VALUES_NARROW * VECTOR_LANES };
  size_t column = 0;
  for (; call->columns - column >= WIDE; column += WIDE) {
    few_rows_values_rows(call, key, keys, 2, column, VALUES_WIDE, VECTOR_LANES);
  }
  for (; call->columns - column >= NARROW; column += NARROW) {
    few_rows_values_rows(call, key, keys, 4, column, VALUES_NARROW, VECTOR_LANES);
  }
  for (; column < call->columns; column += VECTOR_LANES) {
    few_rows_values_rows(call, key, keys, 4, column, 1, columns_here(call->columns - column));
  }
}

static void tsr_f32_attention_values(const struct tsr_attention_values_f32 *tile) {
  const struct tsr_attention_values_f32 call = *tile;  // a copy, which no store can be thought to change
  if (call.rows == 0) return;
  for (size_t key = 0; key < call.count; key += VALUES_KEYS) {
    const size_t rest = call.count - key;
    few_rows_values_keys(&call, key, rest < VALUES_KEYS ? rest : VALUES_KEYS);
  }
}
