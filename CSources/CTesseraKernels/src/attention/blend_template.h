// The weighted sum of the rows of two parts (tsr_attention.h), written once. Include after scores_row_template.h.

/// `vectors`, a constant, vectors from `column`, of which the last holds `count` columns.
TSR_INLINE void blend_step(
    const float *first, const float *second, const vector weights[2], float *output, size_t vectors, size_t count,
    bool streamed) {
#pragma clang loop unroll(full)
  for (size_t index = 0; index < vectors; index++) {
    const size_t here = index * VECTOR_LANES;
    const vector product = columns_load(first + here, count) * weights[0];
    columns_store(
        output + here, count, vector_fma(columns_load(second + here, count), weights[1], product), streamed);
  }
}

enum { BLEND_UNROLL = 4, BLEND_STEP = BLEND_UNROLL * VECTOR_LANES };

TSR_INLINE void blend_rows(const struct tsr_attention_blend_f32 *rows, bool streamed) {
  const struct tsr_attention_blend_f32 block = *rows;  // a copy, which no store can be thought to change
  for (size_t row = 0; row < block.rows; row++) {
    const ptrdiff_t r = (ptrdiff_t)row;
    const float *first = block.first + r * block.first_stride, *second = block.second + r * block.second_stride;
    float *output = block.output + r * block.output_stride;
    const float first_weight = block.weights[2 * row], second_weight = block.weights[2 * row + 1];
    if (first_weight < 0.0f && second_weight < 0.0f) {
      for (size_t column = 0; column < block.columns; column++) output[column] = 0.0f;
      continue;
    }
    if (first_weight < 0.0f || second_weight < 0.0f) {
      attention_scale(block.columns, 1.0f, first_weight < 0.0f ? second : first, output, streamed);
      continue;
    }
    const vector weights[2] = {vector_broadcast(first_weight), vector_broadcast(second_weight)};
    size_t column = 0;
    for (; block.columns - column >= BLEND_STEP; column += BLEND_STEP) {
      blend_step(first + column, second + column, weights, output + column, BLEND_UNROLL, VECTOR_LANES, streamed);
    }
    for (; column < block.columns; column += VECTOR_LANES) {
      const size_t here = columns_here(block.columns - column);
      blend_step(first + column, second + column, weights, output + column, 1, here, streamed);
    }
  }
}

TSR_INLINE void attention_blend(const struct tsr_attention_blend_f32 *rows) {
  // Rows without columns need not exist.
  if (rows->columns == 0) return;
  if (rows->streaming && columns_aligned(rows->output, (uintptr_t)rows->output_stride * sizeof(float))) {
    blend_rows(rows, true);
  } else {
    blend_rows(rows, false);
  }
}
