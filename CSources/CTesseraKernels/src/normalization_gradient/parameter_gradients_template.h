// Sums over rows of tsr_normalization_gradient.h, written once. `centred`, a constant, tells layer norm from RMS norm.
// Include after an instruction-set layer.
#include <string.h>

#include "../isa/columns.h"

/// Floats that are asked for before their use, where there is a second gradient: processors follow few of the five
/// streams that a row then has. With two streams they need no help. One row at a time: with several at once each has
/// streams of its own, and memory is slower by more than the sums in cache cost (docs/tuning.md).
enum { PARAMETER_GRADIENT_AHEAD = 256 };

/// The operands of a row.
struct parameter_gradient_row {
  const float *output_gradient, *second_gradient, *input_gradient, *sum;
  float *gradient_sum;
  vector mean, inverse_deviation;
};

TSR_INLINE struct parameter_gradient_row parameter_gradient_begin(
    const struct tsr_normalization_parameter_gradients_f32 *block, size_t index, bool centred, bool two) {
  const ptrdiff_t r = (ptrdiff_t)index;
  struct parameter_gradient_row row = {
      .output_gradient = block->output_gradient + r * block->output_gradient_stride,
      .sum = block->sum + r * block->sum_stride,
      .mean = vector_broadcast(centred ? block->mean[index] : 0.0f),
      .inverse_deviation = vector_broadcast(block->inverse_deviation[index]),
  };
  if (two) {
    row.second_gradient = block->second_gradient + r * block->second_gradient_stride;
    row.input_gradient = block->input_gradient + r * block->input_gradient_stride;
    row.gradient_sum = block->gradient_sum + r * block->gradient_sum_stride;
  }
  return row;
}

TSR_INLINE void parameter_gradient_accumulate(float *sums, size_t count, vector sum) {
  columns_store(sums, count, columns_load(sums, count) + sum, false);
}

/// Adds `count` columns from `column` of a row.
TSR_INLINE void parameter_gradient_add(
    const struct tsr_normalization_parameter_gradients_f32 *block, const struct parameter_gradient_row *row,
    size_t column, size_t count, bool centred, bool two, bool streamed) {
  vector gradient = columns_load(row->output_gradient + column, count);
  vector input_gradient = vector_zero();
  if (two) {
    gradient = gradient + columns_load(row->second_gradient + column, count);
    input_gradient = columns_load(row->input_gradient + column, count);
  }
  const vector sum = columns_load(row->sum + column, count);
  const vector x = (centred ? sum - row->mean : sum) * row->inverse_deviation;
  // After all loads: those of operands whose distance is a multiple of 4 KiB would wait for the store.
  if (two) {
    columns_store(row->gradient_sum + column, count, gradient, streamed);
    parameter_gradient_accumulate(block->bias_gradient + column, count, input_gradient);
  }
  float *const weight = block->weight_gradient + column;
  columns_store(weight, count, vector_fma(gradient, x, columns_load(weight, count)), false);
  if (centred) parameter_gradient_accumulate(block->shift_gradient + column, count, gradient);
}

TSR_INLINE void parameter_gradient_ask(const struct parameter_gradient_row *row, size_t column) {
#pragma clang loop unroll(full)
  for (size_t line = 0; line < VECTOR_LANES; line += FLOATS_PER_CACHE_LINE) {
    const size_t ahead = column + PARAMETER_GRADIENT_AHEAD + line;
    vector_prefetch(row->output_gradient + ahead);
    vector_prefetch(row->second_gradient + ahead);
    vector_prefetch(row->input_gradient + ahead);
    vector_prefetch(row->sum + ahead);
  }
}

TSR_INLINE void parameter_gradient_all_rows(
    const struct tsr_normalization_parameter_gradients_f32 *rows, bool centred, bool two, bool streamed) {
  const struct tsr_normalization_parameter_gradients_f32 block = *rows;  // a copy, which no store can change
  const size_t bytes = block.columns * sizeof(float);
  memset(block.weight_gradient, 0, bytes);
  if (centred) memset(block.shift_gradient, 0, bytes);
  if (two) memset(block.bias_gradient, 0, bytes);
  for (size_t index = 0; index < block.rows; ++index) {
    const struct parameter_gradient_row row = parameter_gradient_begin(&block, index, centred, two);
    size_t column = 0;
    for (; block.columns - column >= VECTOR_LANES; column += VECTOR_LANES) {
      if (two) parameter_gradient_ask(&row, column);
      parameter_gradient_add(&block, &row, column, VECTOR_LANES, centred, two, streamed);
    }
    if (column < block.columns) {
      parameter_gradient_add(&block, &row, column, block.columns - column, centred, two, streamed);
    }
  }
}

TSR_INLINE void parameter_gradient_rows(
    const struct tsr_normalization_parameter_gradients_f32 *block, bool centred) {
  if (block->columns == 0) return;
  if (block->second_gradient == NULL) {
    parameter_gradient_all_rows(block, centred, false, false);
  } else if (
      block->streaming
      && columns_aligned(block->gradient_sum, (uintptr_t)block->gradient_sum_stride * sizeof(float))) {
    parameter_gradient_all_rows(block, centred, true, true);
    vector_stream_fence();
  } else {
    parameter_gradient_all_rows(block, centred, true, false);
  }
}

static void tsr_f32_layer_norm_parameter_gradients(const struct tsr_normalization_parameter_gradients_f32 *block) {
  parameter_gradient_rows(block, true);
}
static void tsr_f32_rms_norm_parameter_gradients(const struct tsr_normalization_parameter_gradients_f32 *block) {
  parameter_gradient_rows(block, false);
}
