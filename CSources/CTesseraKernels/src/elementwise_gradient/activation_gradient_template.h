// The gradients of activations of tsr_elementwise_gradient.h, written once. Include after an instruction-set layer, a
// words_*.h and gelu_tail_quotient.h.
#include <assert.h>
#include <math.h>
#include <string.h>

#include "../isa/columns.h"
#include "../math/activation.h"
#include "../math/activation_derivative.h"
#include "../philox/stream.h"

/// A constant where the templates are inlined.
enum activation_gradient_kind { GRADIENT_RELU, GRADIENT_GELU, GRADIENT_GELU_TANH, GRADIENT_SILU };

/// Vectors taken in one go, and what a dropout step covers.
enum { ACTIVATION_GRADIENT_UNROLL = 4 };
_Static_assert(
    (int)PHILOX_STEP == (int)ACTIVATION_GRADIENT_UNROLL * (int)VECTOR_LANES, "a dropout step is one turn of the loop");

struct activation_gradient_row {
  const float *output_gradient, *saved, *bias;
  ptrdiff_t to_next_output_gradient, to_next_saved;  ///< from a row's end to what is asked for next
  size_t columns;
  float *input_gradient, *bias_gradient;  ///< no sums where the latter is NULL
  vector keep_scale;
  vector bound;  ///< up to which ReLU's output has no gradient: 0, or infinity where all is dropped
  uint32_t first_block;
};

/// d[i]: what the gradient is multiplied by, of `vectors` vectors, a constant, the last of which holds `count` columns.
TSR_INLINE void activation_gradient_derivatives(
    const struct activation_gradient_row *row, size_t column, size_t vectors, size_t count, int kind, vector *d) {
#pragma clang loop unroll(full)
  for (size_t index = 0; index < vectors; ++index) {
    const size_t here = column + index * VECTOR_LANES;
    d[index] = columns_load(row->saved + here, count);
    if (kind != GRADIENT_RELU) d[index] = d[index] + columns_load(row->bias + here, count);
  }
  if (kind == GRADIENT_GELU) derivative_gelu(vectors, d);
  if (kind == GRADIENT_GELU_TANH) derivative_gelu_tanh(vectors, d);
  if (kind == GRADIENT_SILU) derivative_silu(vectors, d);
}

/// The gradient of `count` columns from `column`; dropped lanes are 0.
TSR_INLINE vector activation_gradient_of(
    const struct activation_gradient_row *row, size_t column, size_t count, int kind, bool dropout, vector derivative) {
  vector gradient = columns_load(row->output_gradient + column, count);
  if (dropout) gradient = gradient * row->keep_scale;
  if (kind != GRADIENT_RELU) return gradient * derivative;
  // The lanes up to the bound, and NaN.
  return vector_select(vector_not_less(row->bound, derivative), vector_zero(), gradient);
}

/// Stores the gradient and adds it to its columns' sums, where somebody asks for them.
TSR_INLINE void activation_gradient_store(
    const struct activation_gradient_row *row, size_t column, size_t count, vector gradient, bool streamed) {
  if (row->bias_gradient == NULL) {
    columns_store(row->input_gradient + column, count, gradient, streamed);
    return;
  }
  float *sums = row->bias_gradient + column;
  const vector sum = columns_load(sums, count) + gradient;
  columns_store(row->input_gradient + column, count, gradient, streamed);
  columns_store(sums, count, sum, false);
}

/// Asks for what comes COLUMNS_AHEAD later, near a row's end for the next row's beginning: a block of columns is a part
/// of long rows, and the processor's own prefetching begins anew with each.
TSR_INLINE void activation_gradient_prefetch(const struct activation_gradient_row *row, size_t column) {
  const bool is_next = column + COLUMNS_AHEAD >= row->columns;
  const ptrdiff_t to_output_gradient = (ptrdiff_t)column + (is_next ? row->to_next_output_gradient : 0);
  const ptrdiff_t to_saved = (ptrdiff_t)column + (is_next ? row->to_next_saved : 0);
  columns_prefetch_ahead(row->output_gradient + to_output_gradient, ACTIVATION_GRADIENT_UNROLL * VECTOR_LANES);
  columns_prefetch_ahead(row->saved + to_saved, ACTIVATION_GRADIENT_UNROLL * VECTOR_LANES);
}

/// One turn of the loop at `column`; `kept` is used where `draws`.
TSR_INLINE void activation_gradient_step(
    const struct activation_gradient_row *row, size_t column, int kind, bool dropout, bool draws,
    struct philox_decisions kept, bool streamed) {
  vector d[ACTIVATION_GRADIENT_UNROLL];
  activation_gradient_prefetch(row, column);
  activation_gradient_derivatives(row, column, ACTIVATION_GRADIENT_UNROLL, VECTOR_LANES, kind, d);
#pragma clang loop unroll(full)
  for (int index = 0; index < ACTIVATION_GRADIENT_UNROLL; ++index) {
    const size_t here = column + (size_t)index * VECTOR_LANES;
    vector gradient = activation_gradient_of(row, here, VECTOR_LANES, kind, dropout, d[index]);
    if (draws) gradient = vector_keep(philox_kept_lanes(kept, index), gradient);
    activation_gradient_store(row, here, VECTOR_LANES, gradient, streamed);
  }
}

/// The `count` columns, fewer than a turn's, at the row's end.
TSR_INLINE void activation_gradient_tail(
    const struct activation_gradient_row *row, size_t column, size_t count, int kind, bool dropout, bool draws,
    struct philox_decisions kept, bool streamed) {
#pragma clang loop unroll(full)
  for (int index = 0; index < ACTIVATION_GRADIENT_UNROLL; ++index) {
    const size_t offset = (size_t)index * VECTOR_LANES, here = column + offset;
    if (offset < count) {
      const size_t part = columns_here(count - offset);
      vector d;
      activation_gradient_derivatives(row, here, 1, part, kind, &d);
      vector gradient = activation_gradient_of(row, here, part, kind, dropout, d);
      if (draws) gradient = vector_keep(philox_kept_lanes(kept, index), gradient);
      activation_gradient_store(row, here, part, gradient, streamed);
    }
  }
}

TSR_INLINE void activation_gradient_row(
    const struct activation_gradient_row *row, size_t columns, int kind, bool dropout,
    const struct philox_row *generator, philox_draws limit, bool streamed) {
  const bool draws = dropout && kind != GRADIENT_RELU;
  philox_words blocks = philox_blocks(row->first_block);
  struct philox_decisions kept[2] = {0};
  size_t column = 0;
  for (; columns - column >= 2 * PHILOX_STEP; column += 2 * PHILOX_STEP) {
    if (draws) philox_decisions_next(generator, &blocks, limit, 2, kept);
    activation_gradient_step(row, column, kind, dropout, draws, kept[0], streamed);
    activation_gradient_step(row, column + PHILOX_STEP, kind, dropout, draws, kept[1], streamed);
  }
  for (; column < columns; column += PHILOX_STEP) {
    if (draws) philox_decisions_next(generator, &blocks, limit, 1, kept);
    const size_t count = philox_columns_here(columns - column);
    if (count == PHILOX_STEP) {
      activation_gradient_step(row, column, kind, dropout, draws, kept[0], streamed);
    } else {
      activation_gradient_tail(row, column, count, kind, dropout, draws, kept[0], streamed);
    }
  }
}

TSR_INLINE void activation_gradient_all_rows(
    const struct tsr_activation_gradient_f32 *rows, int kind, bool dropout, bool streamed) {
  const struct tsr_activation_gradient_f32 block = *rows;  // a copy, which no store can be thought to change
  const philox_draws limit = philox_limit(block.dropout.threshold);
  struct activation_gradient_row row = {
      .bias = block.bias,
      .bias_gradient = block.bias_gradient,
      .keep_scale = vector_broadcast(block.dropout.keep_scale),
      .bound = vector_broadcast(block.dropout.threshold == 65536 ? INFINITY : 0.0f),
      .first_block = block.dropout_block,
      .columns = block.columns,
      // One row may have any stride.
      .to_next_output_gradient = block.rows > 1 ? block.output_gradient_stride - (ptrdiff_t)block.columns : 0,
      .to_next_saved = block.rows > 1 ? block.saved_stride - (ptrdiff_t)block.columns : 0,
  };
  for (size_t index = 0; index < block.rows; ++index) {
    const ptrdiff_t r = (ptrdiff_t)index;
    row.output_gradient = block.output_gradient + r * block.output_gradient_stride;
    row.saved = block.saved + r * block.saved_stride;
    row.input_gradient = block.input_gradient + r * block.input_gradient_stride;
    struct philox_row generator;
    if (dropout && kind != GRADIENT_RELU) {
      philox_begin_row(&generator, &block.dropout, (uint32_t)index, PHILOX_DECISION_BIAS);
    }
    activation_gradient_row(&row, block.columns, kind, dropout, &generator, limit, streamed);
  }
}

TSR_INLINE void activation_gradient_rows(const struct tsr_activation_gradient_f32 *block, int kind) {
  assert(block->dropout.threshold <= 65536);
  if (block->columns == 0) return;
  if (block->bias_gradient != NULL) memset(block->bias_gradient, 0, block->columns * sizeof(float));
  const bool dropout = block->dropout.threshold != 0;
  const bool streamed = block->streaming
      && columns_aligned(block->input_gradient, (uintptr_t)block->input_gradient_stride * sizeof(float));
  if (streamed) {
    if (dropout) {
      activation_gradient_all_rows(block, kind, true, true);
    } else {
      activation_gradient_all_rows(block, kind, false, true);
    }
    vector_stream_fence();
  } else if (dropout) {
    activation_gradient_all_rows(block, kind, true, false);
  } else {
    activation_gradient_all_rows(block, kind, false, false);
  }
}

static void tsr_f32_relu_gradient(const struct tsr_activation_gradient_f32 *block) {
  activation_gradient_rows(block, GRADIENT_RELU);
}
static void tsr_f32_gelu_gradient(const struct tsr_activation_gradient_f32 *block) {
  activation_gradient_rows(block, GRADIENT_GELU);
}
static void tsr_f32_gelu_tanh_gradient(const struct tsr_activation_gradient_f32 *block) {
  activation_gradient_rows(block, GRADIENT_GELU_TANH);
}
static void tsr_f32_silu_gradient(const struct tsr_activation_gradient_f32 *block) {
  activation_gradient_rows(block, GRADIENT_SILU);
}
