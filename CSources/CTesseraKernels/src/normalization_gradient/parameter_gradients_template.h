// Sums over rows of tsr_normalization_gradient.h, written once. `centred`, a constant, tells layer norm from RMS norm.
// Include after an instruction-set layer.
#include <string.h>

#include "../isa/columns.h"

/// Rows that are added up in registers before their sum goes to the columns' sums, which are in cache: it saves three
/// quarters of the loads and stores of those, and the chains in which rounding errors grow. With a second gradient
/// there are five streams a row, and processors follow few.
enum { PARAMETER_GRADIENT_ROWS = 4, PARAMETER_GRADIENT_ROWS_OF_TWO = 2 };

/// The operands of a few neighbouring rows.
struct parameter_gradient_rows {
  const float *output_gradient[PARAMETER_GRADIENT_ROWS], *second_gradient[PARAMETER_GRADIENT_ROWS];
  const float *input_gradient[PARAMETER_GRADIENT_ROWS], *sum[PARAMETER_GRADIENT_ROWS];
  float *gradient_sum[PARAMETER_GRADIENT_ROWS];
  vector mean[PARAMETER_GRADIENT_ROWS], inverse_deviation[PARAMETER_GRADIENT_ROWS];
};

TSR_INLINE void parameter_gradient_begin(
    const struct tsr_normalization_parameter_gradients_f32 *block, size_t index, size_t rows, bool centred, bool two,
    struct parameter_gradient_rows *group) {
  for (size_t row = 0; row < rows; ++row) {
    const ptrdiff_t r = (ptrdiff_t)(index + row);
    group->output_gradient[row] = block->output_gradient + r * block->output_gradient_stride;
    group->sum[row] = block->sum + r * block->sum_stride;
    group->mean[row] = vector_broadcast(centred ? block->mean[index + row] : 0.0f);
    group->inverse_deviation[row] = vector_broadcast(block->inverse_deviation[index + row]);
    if (two) {
      group->second_gradient[row] = block->second_gradient + r * block->second_gradient_stride;
      group->input_gradient[row] = block->input_gradient + r * block->input_gradient_stride;
      group->gradient_sum[row] = block->gradient_sum + r * block->gradient_sum_stride;
    }
  }
}

TSR_INLINE void parameter_gradient_accumulate(float *sums, size_t count, vector sum) {
  columns_store(sums, count, columns_load(sums, count) + sum, false);
}

/// Adds `count` columns from `column` of `rows` rows, a constant.
TSR_INLINE void parameter_gradient_add(
    const struct tsr_normalization_parameter_gradients_f32 *block, const struct parameter_gradient_rows *group,
    size_t rows, size_t column, size_t count, bool centred, bool two, bool streamed) {
  vector gradient[PARAMETER_GRADIENT_ROWS];
  vector products = vector_zero(), gradients = vector_zero(), input_gradients = vector_zero();
#pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; ++row) {
    gradient[row] = columns_load(group->output_gradient[row] + column, count);
    if (two) {
      gradient[row] = gradient[row] + columns_load(group->second_gradient[row] + column, count);
      input_gradients = input_gradients + columns_load(group->input_gradient[row] + column, count);
    }
    const vector sum = columns_load(group->sum[row] + column, count);
    const vector x = (centred ? sum - group->mean[row] : sum) * group->inverse_deviation[row];
    products = vector_fma(gradient[row], x, products);
    gradients = gradients + gradient[row];
  }
  // After all loads: rows whose distance is a multiple of 4 KiB make later loads wait for stores.
#pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; ++row) {
    if (two) columns_store(group->gradient_sum[row] + column, count, gradient[row], streamed);
  }
  parameter_gradient_accumulate(block->weight_gradient + column, count, products);
  if (centred) parameter_gradient_accumulate(block->shift_gradient + column, count, gradients);
  if (two) parameter_gradient_accumulate(block->bias_gradient + column, count, input_gradients);
}

TSR_INLINE void parameter_gradient_group(
    const struct tsr_normalization_parameter_gradients_f32 *block, size_t index, size_t rows, bool centred, bool two,
    bool streamed) {
  struct parameter_gradient_rows group;
  parameter_gradient_begin(block, index, rows, centred, two, &group);
  size_t column = 0;
  for (; block->columns - column >= VECTOR_LANES; column += VECTOR_LANES) {
    parameter_gradient_add(block, &group, rows, column, VECTOR_LANES, centred, two, streamed);
  }
  if (column < block->columns) {
    parameter_gradient_add(block, &group, rows, column, block->columns - column, centred, two, streamed);
  }
}

TSR_INLINE void parameter_gradient_all_rows(
    const struct tsr_normalization_parameter_gradients_f32 *rows, bool centred, bool two, bool streamed) {
  const struct tsr_normalization_parameter_gradients_f32 block = *rows;  // a copy, which no store can change
  const size_t bytes = block.columns * sizeof(float);
  memset(block.weight_gradient, 0, bytes);
  if (centred) memset(block.shift_gradient, 0, bytes);
  if (two) memset(block.bias_gradient, 0, bytes);
  const size_t at_once = two ? PARAMETER_GRADIENT_ROWS_OF_TWO : PARAMETER_GRADIENT_ROWS;
  size_t index = 0;
  for (; block.rows - index >= at_once; index += at_once) {
    parameter_gradient_group(&block, index, at_once, centred, two, streamed);
  }
  for (; index < block.rows; ++index) parameter_gradient_group(&block, index, 1, centred, two, streamed);
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
