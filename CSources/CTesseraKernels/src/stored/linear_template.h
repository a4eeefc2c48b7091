// A linear map of few rows with stored weights, on the vector layer: see tsr_stored.h. Include it behind elements.h and
// tile.h. STORED_ARRANGED_TILE may name the tile of types whose inputs are arranged.

TSR_INLINE void stored_tile_group(
    enum tsr_stored_type type, const struct stored_tile *tile, const uint8_t *block,
    const struct stored_factors *factors, size_t group, const float *input, size_t rows, vector sums[]) {
  vector elements[STORED_VECTORS];
  stored_group(type, block, factors, group, elements);
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
    for (size_t i = 0; i < STORED_VECTORS; i++) {
      const vector x = vector_load(input + (ptrdiff_t)r * tile->input_stride + i * VECTOR_LANES);
      sums[r] = vector_fma(elements[i], x, sums[r]);
    }
  }
}

TSR_INLINE void stored_linear_tile(
    enum tsr_stored_type type, const struct tsr_stored_linear_f32 *call, struct stored_tile tile, size_t rows,
    size_t columns, float *output) {
#ifdef STORED_ARRANGED_TILE
  if (stored_arranged_count(type, 1) > 0) return STORED_ARRANGED_TILE(type, call, tile, rows, columns, output);
#endif
  const size_t groups = stored_groups(type), bytes = stored_block_bytes(type);
  const size_t elements = groups * STORED_GROUP, blocks = call->depth / elements;
  vector sums[4][4];
#pragma clang loop unroll(full)
  for (size_t c = 0; c < columns; c++) {
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) sums[c][r] = vector_zero();
  }
  for (size_t b = 0; b < blocks; b++) {
    stored_ahead(tile.weight + b * bytes * columns, bytes * columns);
    struct stored_factors factors[4];
#pragma clang loop unroll(full)
    for (size_t c = 0; c < columns; c++) stored_begin(type, tile.weight + c * tile.row_bytes + b * bytes, &factors[c]);
#pragma clang loop unroll(full)
    for (size_t g = 0; g < groups; g++) {
#pragma clang loop unroll(full)
      for (size_t c = 0; c < columns; c++) {
        stored_tile_group(
            type, &tile, tile.weight + c * tile.row_bytes + b * bytes, &factors[c], g,
            tile.input + b * elements + g * STORED_GROUP, rows, sums[c]);
      }
    }
  }
  const size_t rest = call->depth - blocks * elements;
  if (stored_is_number(type) && rest > 0) {
    // The last of a number of elements that is no multiple of 32, with zeros behind them.
    float input[4][STORED_GROUP] = {{0}};
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) {
      memcpy(input[r], tile.input + (ptrdiff_t)r * tile.input_stride + blocks * elements, rest * sizeof(float));
    }
    const struct stored_tile last = {input[0], STORED_GROUP, tile.weight, tile.row_bytes};
#pragma clang loop unroll(full)
    for (size_t c = 0; c < columns; c++) {
      uint8_t block[128] = {0};
      memcpy(block, tile.weight + c * tile.row_bytes + blocks * bytes, rest * (bytes / STORED_GROUP));
      stored_tile_group(type, &last, block, NULL, 0, input[0], rows, sums[c]);
    }
  }
  stored_store(call, rows, columns, sums, output);
}

/// All columns of up to four rows.
TSR_INLINE void stored_linear_columns(
    enum tsr_stored_type type, const struct tsr_stored_linear_f32 *call, struct stored_tile tile, size_t columns,
    size_t column, size_t first_row) {
  float *output = call->output + (ptrdiff_t)first_row * call->output_stride + column;
  tile.input = call->input + (ptrdiff_t)first_row * call->input_stride;
  switch (call->rows - first_row) {
    case 1: stored_linear_tile(type, call, tile, 1, columns, output); break;
    case 2: stored_linear_tile(type, call, tile, 2, columns, output); break;
    case 3: stored_linear_tile(type, call, tile, 3, columns, output); break;
    default: stored_linear_tile(type, call, tile, 4, columns, output); break;
  }
}

TSR_INLINE void stored_linear(enum tsr_stored_type type, const struct tsr_stored_linear_f32 *call) {
  const size_t row_bytes = call->depth / (stored_groups(type) * STORED_GROUP) * stored_block_bytes(type)
      + call->depth % (stored_groups(type) * STORED_GROUP) * (stored_block_bytes(type) / STORED_GROUP);
  const size_t wide = 4;
  size_t column = 0;
  for (; column + wide <= call->columns; column += wide) {
    const struct stored_tile tile = {NULL, call->input_stride, call->weight + column * row_bytes, row_bytes};
    // The tile's weights are in the first level for the rows that follow.
    for (size_t row = 0; row < call->rows; row += 4) stored_linear_columns(type, call, tile, wide, column, row);
  }
  for (; column < call->columns; column++) {
    const struct stored_tile tile = {NULL, call->input_stride, call->weight + column * row_bytes, row_bytes};
    for (size_t row = 0; row < call->rows; row += 4) stored_linear_columns(type, call, tile, 1, column, row);
  }
}

#define STORED_LINEAR(type) \
  STORED_APART void stored_linear_##type(const struct tsr_stored_linear_f32 *call) { \
    stored_linear(TSR_STORED_##type, call); \
  }
STORED_LINEAR(F32)
STORED_TYPES(STORED_LINEAR)

#define STORED_LINEAR_CASE(type) case TSR_STORED_##type: stored_linear_##type(call); break;
static void tsr_f32_stored_linear(const struct tsr_stored_linear_f32 *call) {
  switch (call->type) {
    STORED_LINEAR_CASE(F32)
    STORED_TYPES(STORED_LINEAR_CASE)
  }
}

#define STORED_KERNELS .dequantize = tsr_f32_dequantize, .linear = tsr_f32_stored_linear
