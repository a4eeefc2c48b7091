// Output of few query rows, written once. Include after few_rows_template.h.

/// A group of at most FEW_ROWS rows and the keys of a tile.
struct few_rows_values {
  size_t count, columns;
  const float *weights;
  ptrdiff_t weights_stride;
  const float *values;
  ptrdiff_t values_stride;
  float *output;
};

/// Adds `here` columns from `column` on of `runs` values, `run` elements apart, to `rows` rows of output.
TSR_INLINE void few_rows_values_add(
    const struct few_rows_values *tile, size_t rows, size_t runs, const float *first, ptrdiff_t run,
    const vector weights[], size_t column, size_t here) {
  vector x[VECTOR_LANES];
#pragma clang loop unroll(full)
  for (size_t k = 0; k < runs; k++) {
    const float *value = first + (ptrdiff_t)k * run + column;
    x[k] = columns_load(value, here);
    vector_prefetch_far(value + FEW_ROWS_AHEAD);
  }
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++) {
    float *output = tile->output + r * tile->columns + column;
    vector sum = columns_load(output, here);
#pragma clang loop unroll(full)
    for (size_t k = 0; k < runs; k++) sum = vector_fma(weights[r * runs + k], x[k], sum);
    columns_store(output, here, sum, false);
  }
}

/// One value of each run, `length` keys apart from `key` on; `rows` and `runs` are constants.
TSR_INLINE void few_rows_values_step(
    const struct few_rows_values *tile, size_t rows, size_t runs, size_t length, size_t key) {
  vector weights[VECTOR_LANES];
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
    for (size_t k = 0; k < runs; k++) {
      weights[r * runs + k] = vector_broadcast(tile->weights[(ptrdiff_t)r * tile->weights_stride + key + k * length]);
    }
  }
  const float *first = tile->values + (ptrdiff_t)key * tile->values_stride;
  const ptrdiff_t run = (ptrdiff_t)length * tile->values_stride;
  size_t column = 0;
#pragma clang loop unroll_count(2)
  for (; tile->columns - column >= VECTOR_LANES; column += VECTOR_LANES) {
    few_rows_values_add(tile, rows, runs, first, run, weights, column, VECTOR_LANES);
  }
  if (column < tile->columns) {
    few_rows_values_add(tile, rows, runs, first, run, weights, column, tile->columns - column);
  }
}

/// As many runs as leave registers for the weights of all rows and runs, half of what there are; at most 4.
TSR_INLINE void few_rows_values_group(const struct few_rows_values *tile, size_t rows) {
  enum { WEIGHTS = VECTOR_LANES };
  const size_t runs = rows * 4 <= WEIGHTS ? 4 : 2;
  const size_t length = tile->count / runs;
  for (size_t key = 0; key < length; key++) few_rows_values_step(tile, rows, runs, length, key);
  for (size_t key = length * runs; key < tile->count; key++) few_rows_values_step(tile, rows, 1, 0, key);
}

TSR_INLINE void few_rows_values(const struct tsr_attention_values_f32 *tile) {
  for (size_t row = 0; row < tile->rows; row += FEW_ROWS) {
    const struct few_rows_values group = {
        .count = tile->count,
        .columns = tile->columns,
        .weights = tile->weights + (ptrdiff_t)row * tile->weights_stride,
        .weights_stride = tile->weights_stride,
        .values = tile->values,
        .values_stride = tile->values_stride,
        .output = tile->output + row * tile->columns,
    };
    // Each number of rows is its own code.
    switch (tile->rows - row) {
      case 1: few_rows_values_group(&group, 1); break;
      case 2: few_rows_values_group(&group, 2); break;
      case 3: few_rows_values_group(&group, 3); break;
      default: few_rows_values_group(&group, 4); break;
    }
  }
}
