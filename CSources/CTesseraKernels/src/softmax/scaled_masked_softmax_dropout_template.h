// The kernel of tsr_scaled_masked_softmax_dropout.h, written once. Include after an instruction-set layer and a
// words_*.h. Of a row's three passes only the first and the last touch memory that is not in cache.
#include <assert.h>

#include "../philox/stream.h"

#include "../math/row_exponentials.h"

/// A position cut to lowest ... highest.
TSR_INLINE size_t scores_cut(ptrdiff_t position, size_t lowest, size_t highest) {
  if (position <= (ptrdiff_t)lowest) return lowest;
  return position < (ptrdiff_t)highest ? (size_t)position : highest;
}

/// What the last pass reads and writes, from the column where it begins.
struct probability_row {
  const float *scratch;
  float *probabilities, *output;
  vector factor, keep_scale;
  bool probabilities_streamed, output_streamed;
};

/// Vectors of one step; a dropout step is one turn of the loop.
enum { PROBABILITY_UNROLL = PHILOX_STEP / VECTOR_LANES };

/// Stores the probabilities of `count` columns, 1 ... PHILOX_STEP, from `column`. Each operation rounds, so that the
/// output has the bits that the separate dropout kernel makes of them.
TSR_INLINE void probability_step(
    const struct probability_row *row, size_t column, size_t count, bool dropout, struct philox_decisions kept) {
#pragma clang loop unroll(full)
  for (int index = 0; index < PROBABILITY_UNROLL; ++index) {
    const size_t offset = (size_t)index * VECTOR_LANES, here = column + offset;
    if (offset < count) {
      const size_t part = columns_here(count - offset);
      vector p = columns_load(row->scratch + here, part) * row->factor;
      if (row->probabilities != NULL) columns_store(row->probabilities + here, part, p, row->probabilities_streamed);
      if (dropout) p = vector_keep(philox_kept_lanes(kept, index), p * row->keep_scale);
      columns_store(row->output + here, part, p, row->output_streamed);
    }
  }
}

/// `count` columns whose first is that of the generator's block `first_block`; `generator` and `limit` are read where
/// `dropout`.
TSR_INLINE void probability_steps(
    const struct probability_row *row, uint32_t first_block, size_t count, bool dropout,
    const struct philox_row *generator, philox_draws limit) {
  philox_words blocks = philox_blocks(first_block);
  struct philox_decisions kept[2] = {0};
  size_t column = 0;
  for (; count - column >= 2 * PHILOX_STEP; column += 2 * PHILOX_STEP) {
    if (dropout) philox_decisions_next(generator, &blocks, limit, 2, kept);
    probability_step(row, column, PHILOX_STEP, dropout, kept[0]);
    probability_step(row, column + PHILOX_STEP, PHILOX_STEP, dropout, kept[1]);
  }
  for (; column < count; column += PHILOX_STEP) {
    if (dropout) philox_decisions_next(generator, &blocks, limit, 1, kept);
    probability_step(row, column, philox_columns_here(count - column), dropout, kept[0]);
  }
}

TSR_INLINE void probability_stream(float *output, const float *stage, size_t count) {
#pragma clang loop unroll_count(4)
  for (size_t column = 0; column < count; column += VECTOR_LANES) {
    const size_t part = columns_here(count - column);
    columns_store(output + column, part, columns_load(stage + column, part), true);
  }
}

/// Columns whose output waits until as many probabilities are on their way past the caches: of two such streams at once
/// the processor's few buffers leave half full.
enum { PROBABILITY_STAGE = 512 };

/// The columns begin ..< end, both at the edge of a dropout step or of the row: the generator's steps are taken whole.
/// `row` has the pointers of the row's first column.
TSR_INLINE void probability_pass(
    struct probability_row row, size_t begin, size_t end, bool dropout, bool streamed,
    const struct philox_row *generator, philox_draws limit) {
  float stage[PROBABILITY_STAGE] __attribute__((aligned(64)));
  const bool staged = dropout && streamed;
  row.probabilities_streamed = streamed;
  row.output_streamed = streamed && !staged;
  row.scratch += begin;
  row.output += begin;
  if (row.probabilities != NULL) row.probabilities += begin;
  for (size_t column = begin; column < end; column += PROBABILITY_STAGE) {
    const size_t count = end - column < PROBABILITY_STAGE ? end - column : PROBABILITY_STAGE;
    struct probability_row part = row;
    if (staged) part.output = stage;
    probability_steps(&part, (uint32_t)(column / PHILOX_COLUMNS_PER_BLOCK), count, dropout, generator, limit);
    if (staged) probability_stream(row.output, stage, count);
    row.scratch += count;
    row.output += count;
    if (row.probabilities != NULL) row.probabilities += count;
  }
}

/// Zeros in the columns begin ..< end, both at the edge of a dropout step or of the row.
TSR_INLINE void probability_zeros(const struct probability_row *row, size_t begin, size_t end, bool streamed) {
  for (size_t column = begin; column < end; column += VECTOR_LANES) {
    const size_t part = columns_here(end - column);
    if (row->probabilities != NULL) columns_store(row->probabilities + column, part, vector_zero(), streamed);
    columns_store(row->output + column, part, vector_zero(), streamed);
  }
}

TSR_INLINE void scratch_fill(float *scratch, size_t begin, size_t end, float value) {
  for (size_t column = begin; column < end; column += VECTOR_LANES) {
    columns_store(scratch + column, columns_here(end - column), vector_broadcast(value), false);
  }
}

/// output[c] = scale * input[c].
TSR_INLINE void scratch_scale(float *output, const float *input, size_t count, float scale) {
  for (size_t column = 0; column < count; column += VECTOR_LANES) {
    const size_t part = columns_here(count - column);
    columns_store(output + column, part, columns_load(input + column, part) * vector_broadcast(scale), false);
  }
}

/// A scale below this could make an exponent of note of a difference that is not finite: such scores are scaled first.
static const float LEAST_SCALE_OF_DIFFERENCES = 0x1p-100f;

TSR_INLINE void scores_all_rows(
    const struct tsr_scaled_masked_softmax_dropout_f32 *rows, bool dropout, bool streamed) {
  const struct tsr_scaled_masked_softmax_dropout_f32 block = *rows;  // a copy, which no store can be thought to change
  const size_t columns = block.columns;
  const bool scales_first = fabsf(block.scale) < LEAST_SCALE_OF_DIFFERENCES;
  const float scale_of_differences = scales_first ? 1.0f : block.scale;
  const float sign = scale_of_differences < 0.0f ? -1.0f : 1.0f, factor = scale_of_differences * LOG2_E;
  const philox_draws limit = philox_limit(block.dropout.threshold);
  struct probability_row row = {
      .scratch = block.scratch,
      .keep_scale = vector_broadcast(block.dropout.keep_scale),
  };
  for (size_t index = 0; index < block.rows; ++index) {
    const ptrdiff_t r = (ptrdiff_t)index;
    const size_t first = scores_cut(block.first + r * block.first_step, 0, columns);
    const size_t last = scores_cut(block.last + r * block.last_step, first, columns);
    row.output = block.output + r * block.output_stride;
    row.probabilities = block.probabilities == NULL ? NULL : block.probabilities + r * block.probabilities_stride;
    if (first == last) {
      probability_zeros(&row, 0, columns, streamed);
      continue;
    }
    const float *input = block.input + r * block.input_stride + first;
    const float *next = index + 1 < block.rows ? input + block.input_stride : NULL;
    if (scales_first) {
      scratch_scale(block.scratch + first, input, last - first, block.scale);
      input = block.scratch + first;
    }
    const float greatest = row_greatest(last - first, input, sign);
    // Where nothing is above -inf, 0 stands in for the maximum: exp(-inf - 0) = 0, and NaN stays NaN.
    const float shift = greatest > -INFINITY ? greatest * sign : 0.0f;
    const float sum = row_exponentials(last - first, input, next, shift, factor, block.scratch + first);
    float scale = sum == 0.0f ? 0.0f : 1.0f / sum;
    if (sum != sum) {
      // NaN reaches what the row sees by way of the scratch, so that hidden columns beside it can stay 0.
      scratch_fill(block.scratch, first, last, NAN);
      scale = 1.0f;
    }
    row.factor = vector_broadcast(scale);
    const size_t begin = first - first % PHILOX_STEP;
    const size_t end = columns - last < PHILOX_STEP ? columns : last + (PHILOX_STEP - last % PHILOX_STEP) % PHILOX_STEP;
    scratch_fill(block.scratch, begin, first, 0.0f);
    scratch_fill(block.scratch, last, end, 0.0f);
    probability_zeros(&row, 0, begin, streamed);
    struct philox_row generator;
    if (dropout) philox_begin_row(&generator, &block.dropout, (uint32_t)index, PHILOX_DECISION_BIAS);
    probability_pass(row, begin, end, dropout, streamed, &generator, limit);
    probability_zeros(&row, end, columns, streamed);
  }
}

static void tsr_f32_scaled_masked_softmax_dropout(const struct tsr_scaled_masked_softmax_dropout_f32 *block) {
  assert(block->dropout.threshold <= 65536);
  if (block->columns == 0) return;
  const bool streamed = block->streaming
      && columns_aligned(block->output, (uintptr_t)block->output_stride * sizeof(float))
      && (block->probabilities == NULL
          || columns_aligned(block->probabilities, (uintptr_t)block->probabilities_stride * sizeof(float)));
  const bool dropout = block->dropout.threshold != 0;
  if (streamed) {
    if (dropout) {
      scores_all_rows(block, true, true);
    } else {
      scores_all_rows(block, false, true);
    }
    vector_stream_fence();
  } else if (dropout) {
    scores_all_rows(block, true, false);
  } else {
    scores_all_rows(block, false, false);
  }
}
