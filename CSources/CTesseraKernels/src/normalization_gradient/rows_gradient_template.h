// The gradients of rows of tsr_normalization_gradient.h, written once. `centred`, a constant, tells layer norm from RMS
// norm. Include after an instruction-set layer and a words_*.h.
#include <assert.h>

#include "../isa/columns.h"
#include "../philox/stream.h"

/// Vectors taken in one go, each with accumulators of its own; what a dropout step covers.
enum { NORM_GRADIENT_UNROLL = 4, NORM_GRADIENT_STEP = NORM_GRADIENT_UNROLL * VECTOR_LANES };
_Static_assert((int)PHILOX_STEP == (int)NORM_GRADIENT_STEP, "a dropout step is the unrolled loop's");

/// One row's operands, and what its first pass finds.
struct norm_gradient_row {
  const float *output_gradient, *sum, *weight, *sum_gradient;
  const float *next_output_gradient, *next_sum;  ///< of the row to prefetch; NULL: none
  float *residual_gradient, *input_gradient;
  vector mean, inverse_deviation;
  vector mean_gradient, mean_product;            ///< over columns, of g and g x
  vector keep_scale;
};

/// g and x of `count` columns from `column`. Lanes past the row are 0 in both.
TSR_INLINE void norm_gradient_load(
    const struct norm_gradient_row *row, size_t column, size_t count, bool centred, vector *gradient, vector *x) {
  *gradient = columns_load(row->output_gradient + column, count) * columns_load(row->weight + column, count);
  const vector sum = columns_load(row->sum + column, count);
  *x = (centred ? sum - row->mean : sum) * row->inverse_deviation;
  if (count != VECTOR_LANES) *x = vector_keep(vector_first_lanes(count), *x);
}

struct norm_gradient_sums {
  vector gradient[NORM_GRADIENT_UNROLL], product[NORM_GRADIENT_UNROLL];
};

TSR_INLINE float norm_gradient_total(const vector *part) {
  return vector_sum((part[0] + part[1]) + (part[2] + part[3]));
}

TSR_INLINE void norm_gradient_add(
    const struct norm_gradient_row *row, size_t column, size_t count, int index, bool centred,
    struct norm_gradient_sums *sums) {
  vector gradient, x;
  norm_gradient_load(row, column, count, centred, &gradient, &x);
  if (centred) sums->gradient[index] = sums->gradient[index] + gradient;
  sums->product[index] = vector_fma(gradient, x, sums->product[index]);
}

/// The first pass: the means over columns of g and of g x.
TSR_INLINE void norm_gradient_means(struct norm_gradient_row *row, size_t columns, bool centred) {
  struct norm_gradient_sums sums = {0};
  size_t column = 0;
  for (; columns - column >= NORM_GRADIENT_STEP; column += NORM_GRADIENT_STEP) {
#pragma clang loop unroll(full)
    for (int index = 0; index < NORM_GRADIENT_UNROLL; ++index) {
      norm_gradient_add(row, column + (size_t)index * VECTOR_LANES, VECTOR_LANES, index, centred, &sums);
    }
  }
#pragma clang loop unroll(full)
  for (int index = 0; index < NORM_GRADIENT_UNROLL; ++index) {
    if (column < columns) {
      const size_t count = columns_here(columns - column);
      norm_gradient_add(row, column, count, index, centred, &sums);
      column += count;
    }
  }
  const float count = (float)columns;
  row->mean_gradient = vector_broadcast(centred ? norm_gradient_total(sums.gradient) / count : 0.0f);
  row->mean_product = vector_broadcast(norm_gradient_total(sums.product) / count);
}

/// The second pass over `count` columns, 1 ... PHILOX_STEP, from `column`.
TSR_INLINE void norm_gradient_map(
    const struct norm_gradient_row *row, size_t column, size_t count, bool dropout, struct philox_decisions kept,
    bool centred, bool streamed) {
#pragma clang loop unroll(full)
  for (int index = 0; index < NORM_GRADIENT_UNROLL; ++index) {
    const size_t offset = (size_t)index * VECTOR_LANES, here = column + offset;
    if (offset < count) {
      const size_t part = columns_here(count - offset);
      vector gradient, x;
      norm_gradient_load(row, here, part, centred, &gradient, &x);
      if (centred) gradient = gradient - row->mean_gradient;
      vector result = vector_fma(-x, row->mean_product, gradient) * row->inverse_deviation;
      if (row->sum_gradient != NULL) result = result + columns_load(row->sum_gradient + here, part);
      columns_store(row->residual_gradient + here, part, result, streamed);
      if (row->input_gradient != NULL) {
        if (dropout) result = vector_keep(philox_kept_lanes(kept, index), result * row->keep_scale);
        columns_store(row->input_gradient + here, part, result, streamed);
      }
    }
  }
}

/// Asks for two steps' columns of the next row, so that memory is not idle while this row is in cache.
TSR_INLINE void norm_gradient_prefetch(const struct norm_gradient_row *row, size_t column) {
  columns_prefetch(row->next_output_gradient, column, 2 * NORM_GRADIENT_STEP);
  columns_prefetch(row->next_sum, column, 2 * NORM_GRADIENT_STEP);
}

TSR_INLINE void norm_gradient_maps(
    const struct norm_gradient_row *row, size_t columns, bool dropout, const struct philox_row *generator,
    philox_draws limit, bool centred, bool streamed) {
  philox_words blocks = philox_blocks(0);
  struct philox_decisions kept[2] = {0};
  size_t column = 0;
  for (; columns - column >= 2 * PHILOX_STEP; column += 2 * PHILOX_STEP) {
    norm_gradient_prefetch(row, column);
    if (dropout) philox_decisions_next(generator, &blocks, limit, 2, kept);
    norm_gradient_map(row, column, PHILOX_STEP, dropout, kept[0], centred, streamed);
    norm_gradient_map(row, column + PHILOX_STEP, PHILOX_STEP, dropout, kept[1], centred, streamed);
  }
  for (; column < columns; column += PHILOX_STEP) {
    if (dropout) philox_decisions_next(generator, &blocks, limit, 1, kept);
    norm_gradient_map(row, column, philox_columns_here(columns - column), dropout, kept[0], centred, streamed);
  }
}

TSR_INLINE void norm_gradient_all_rows(
    const struct tsr_normalization_gradient_f32 *rows, bool dropout, bool centred, bool streamed) {
  const struct tsr_normalization_gradient_f32 block = *rows;  // a copy, which no store can be thought to change
  const philox_draws limit = philox_limit(block.dropout.threshold);
  struct norm_gradient_row row = {
      .weight = block.weight,
      .keep_scale = vector_broadcast(block.dropout.keep_scale),
  };
  for (size_t index = 0; index < block.rows; ++index) {
    const ptrdiff_t r = (ptrdiff_t)index;
    const bool has_next = block.rows - index > 1;
    row.output_gradient = block.output_gradient + r * block.output_gradient_stride;
    row.sum = block.sum + r * block.sum_stride;
    row.next_output_gradient = has_next ? row.output_gradient + block.output_gradient_stride : NULL;
    row.next_sum = has_next ? row.sum + block.sum_stride : NULL;
    row.sum_gradient = block.sum_gradient == NULL ? NULL : block.sum_gradient + r * block.sum_gradient_stride;
    row.residual_gradient = block.residual_gradient + r * block.residual_gradient_stride;
    row.input_gradient = block.input_gradient == NULL ? NULL : block.input_gradient + r * block.input_gradient_stride;
    row.mean = vector_broadcast(centred ? block.mean[index] : 0.0f);
    row.inverse_deviation = vector_broadcast(block.inverse_deviation[index]);
    norm_gradient_means(&row, block.columns, centred);
    struct philox_row generator;
    if (dropout) philox_begin_row(&generator, &block.dropout, (uint32_t)index, PHILOX_DECISION_BIAS);
    norm_gradient_maps(&row, block.columns, dropout, &generator, limit, centred, streamed);
  }
}

TSR_INLINE bool norm_gradient_streams(const struct tsr_normalization_gradient_f32 *block) {
  return block->streaming
      && columns_aligned(block->residual_gradient, (uintptr_t)block->residual_gradient_stride * sizeof(float))
      && (block->input_gradient == NULL
          || columns_aligned(block->input_gradient, (uintptr_t)block->input_gradient_stride * sizeof(float)));
}

TSR_INLINE void norm_gradient_rows(const struct tsr_normalization_gradient_f32 *block, bool centred) {
  assert(block->dropout.threshold <= 65536);
  if (block->columns == 0) return;
  const bool dropout = block->dropout.threshold != 0 && block->input_gradient != NULL;
  if (norm_gradient_streams(block)) {
    if (dropout) {
      norm_gradient_all_rows(block, true, centred, true);
    } else {
      norm_gradient_all_rows(block, false, centred, true);
    }
    vector_stream_fence();
  } else if (dropout) {
    norm_gradient_all_rows(block, true, centred, false);
  } else {
    norm_gradient_all_rows(block, false, centred, false);
  }
}

static void tsr_f32_layer_norm_gradient(const struct tsr_normalization_gradient_f32 *block) {
  norm_gradient_rows(block, true);
}
static void tsr_f32_rms_norm_gradient(const struct tsr_normalization_gradient_f32 *block) {
  norm_gradient_rows(block, false);
}
