// The gradient of softmax of tsr_softmax_gradient.h, written once. Include after an instruction-set layer and a
// words_*.h.
#include <assert.h>

#include "../isa/columns.h"
#include "../philox/stream.h"

/// Vectors taken in one go, each with an accumulator of its own; what a dropout step covers.
enum { SOFTMAX_GRADIENT_UNROLL = 4 };
_Static_assert(
    (int)PHILOX_STEP == (int)SOFTMAX_GRADIENT_UNROLL * (int)VECTOR_LANES, "a dropout step is one turn of the loop");

struct softmax_gradient_row {
  const float *output_gradient, *probabilities;
  const float *next_output_gradient, *next_probabilities;  ///< of the row to prefetch; NULL: none
  float *input_gradient, *scratch;
  vector keep_scale, scale;
};

struct softmax_gradient_sums {
  vector part[SOFTMAX_GRADIENT_UNROLL];
};

/// The lanes that take part: those above 0, and NaN.
TSR_INLINE vector_lanes softmax_gradient_seen(vector probability) {
  return vector_not_less(probability, vector_broadcast(0x1p-149f));
}

/// Adds p t of `count` columns, 1 ... PHILOX_STEP, from `column`; with dropout t is stored.
TSR_INLINE void softmax_gradient_add(
    const struct softmax_gradient_row *row, size_t column, size_t count, bool dropout, struct philox_decisions kept,
    struct softmax_gradient_sums *sums) {
#pragma clang loop unroll(full)
  for (int index = 0; index < SOFTMAX_GRADIENT_UNROLL; ++index) {
    const size_t offset = (size_t)index * VECTOR_LANES, here = column + offset;
    if (offset < count) {
      // Lanes past the row have a probability of 0, so they add nothing.
      const size_t part = columns_here(count - offset);
      const vector probability = columns_load(row->probabilities + here, part);
      vector gradient = columns_load(row->output_gradient + here, part);
      if (dropout) {
        gradient = vector_keep(philox_kept_lanes(kept, index), gradient * row->keep_scale);
        columns_store(row->scratch + here, part, gradient, false);
      }
      gradient = vector_keep(softmax_gradient_seen(probability), gradient);
      const vector seen = vector_keep(softmax_gradient_seen(probability), probability);
      sums->part[index] = vector_fma(seen, gradient, sums->part[index]);
    }
  }
}

/// sum_c p t; `generator` and `limit` are read where `dropout`.
TSR_INLINE float softmax_gradient_sum(
    const struct softmax_gradient_row *row, size_t columns, bool dropout, const struct philox_row *generator,
    philox_draws limit) {
  struct softmax_gradient_sums sums = {0};
  philox_words blocks = philox_blocks(0);
  struct philox_decisions kept[2] = {0};
  size_t column = 0;
  for (; columns - column >= 2 * PHILOX_STEP; column += 2 * PHILOX_STEP) {
    if (dropout) philox_decisions_next(generator, &blocks, limit, 2, kept);
    softmax_gradient_add(row, column, PHILOX_STEP, dropout, kept[0], &sums);
    softmax_gradient_add(row, column + PHILOX_STEP, PHILOX_STEP, dropout, kept[1], &sums);
  }
  for (; column < columns; column += PHILOX_STEP) {
    if (dropout) philox_decisions_next(generator, &blocks, limit, 1, kept);
    softmax_gradient_add(row, column, philox_columns_here(columns - column), dropout, kept[0], &sums);
  }
  return vector_sum((sums.part[0] + sums.part[1]) + (sums.part[2] + sums.part[3]));
}

TSR_INLINE void softmax_gradient_map(
    const struct softmax_gradient_row *row, const float *gradients, size_t column, size_t count, vector sum,
    bool streamed) {
  const vector probability = columns_load(row->probabilities + column, count);
  const vector gradient = columns_load(gradients + column, count);
  const vector result = probability * (gradient - sum) * row->scale;
  columns_store(row->input_gradient + column, count, vector_keep(softmax_gradient_seen(probability), result), streamed);
}

TSR_INLINE void softmax_gradient_maps(
    const struct softmax_gradient_row *row, size_t columns, bool dropout, float sum, bool streamed) {
  const float *gradients = dropout ? row->scratch : row->output_gradient;
  const vector sums = vector_broadcast(sum);
  size_t column = 0;
  for (; columns - column >= PHILOX_STEP; column += PHILOX_STEP) {
    columns_prefetch(row->next_output_gradient, column, PHILOX_STEP);
    columns_prefetch(row->next_probabilities, column, PHILOX_STEP);
#pragma clang loop unroll(full)
    for (size_t part = 0; part < PHILOX_STEP; part += VECTOR_LANES) {
      softmax_gradient_map(row, gradients, column + part, VECTOR_LANES, sums, streamed);
    }
  }
  for (; column < columns; column += VECTOR_LANES) {
    softmax_gradient_map(row, gradients, column, columns_here(columns - column), sums, streamed);
  }
}

TSR_INLINE void softmax_gradient_all_rows(const struct tsr_softmax_gradient_f32 *rows, bool dropout, bool streamed) {
  const struct tsr_softmax_gradient_f32 block = *rows;  // a copy, which no store can be thought to change
  const philox_draws limit = philox_limit(block.dropout.threshold);
  struct softmax_gradient_row row = {
      .scratch = block.scratch,
      .keep_scale = vector_broadcast(block.dropout.keep_scale),
      .scale = vector_broadcast(block.scale),
  };
  for (size_t index = 0; index < block.rows; ++index) {
    const ptrdiff_t r = (ptrdiff_t)index;
    const bool has_next = block.rows - index > 1;
    row.output_gradient = block.output_gradient + r * block.output_gradient_stride;
    row.probabilities = block.probabilities + r * block.probabilities_stride;
    row.next_output_gradient = has_next ? row.output_gradient + block.output_gradient_stride : NULL;
    row.next_probabilities = has_next ? row.probabilities + block.probabilities_stride : NULL;
    row.input_gradient = block.input_gradient + r * block.input_gradient_stride;
    struct philox_row generator;
    if (dropout) philox_begin_row(&generator, &block.dropout, (uint32_t)index, PHILOX_DECISION_BIAS);
    const float sum = softmax_gradient_sum(&row, block.columns, dropout, &generator, limit);
    softmax_gradient_maps(&row, block.columns, dropout, sum, streamed);
  }
}

static void tsr_f32_softmax_gradient(const struct tsr_softmax_gradient_f32 *block) {
  assert(block->dropout.threshold <= 65536);
  if (block->columns == 0) return;
  const bool dropout = block->dropout.threshold != 0;
  const bool streamed = block->streaming
      && columns_aligned(block->input_gradient, (uintptr_t)block->input_gradient_stride * sizeof(float));
  if (streamed) {
    if (dropout) {
      softmax_gradient_all_rows(block, true, true);
    } else {
      softmax_gradient_all_rows(block, false, true);
    }
    vector_stream_fence();
  } else if (dropout) {
    softmax_gradient_all_rows(block, true, false);
  } else {
    softmax_gradient_all_rows(block, false, false);
  }
}
