// The kernels of tsr_normalization.h, written once. Include after an instruction-set layer and a words_*.h.
#include "row_passes.h"

#include <assert.h>

TSR_INLINE bool norm_output_streams(const struct tsr_normalization_f32 *block) {
  return block->streaming && columns_aligned(block->output, (uintptr_t)block->output_stride * sizeof(float));
}

/// The statistics of rows without columns, whose operands need not exist.
TSR_INLINE void norm_empty_rows(const struct tsr_normalization_f32 *block) {
  const float inverse_deviation = 1.0f / scalar_square_root(block->epsilon);
  for (size_t index = 0; index < block->rows; ++index) {
    if (block->mean != NULL) block->mean[index] = 0.0f;
    if (block->inverse_deviation != NULL) block->inverse_deviation[index] = inverse_deviation;
  }
}

TSR_INLINE void norm_all_rows(const struct tsr_normalization_f32 *rows, bool centred, bool streamed) {
  const struct tsr_normalization_f32 block = *rows;  // a copy, which no store can be thought to change
  for (size_t index = 0; index < block.rows; ++index) {
    const float *row = block.input + (ptrdiff_t)index * block.input_stride;
    const float *next = index + 1 < block.rows ? row + block.input_stride : NULL;
    const struct norm_ahead ahead = {.in_squares = centred ? next : NULL, .in_map = centred ? NULL : next};
    norm_finish(&block, index, row, norm_sum(row, block.columns, centred), ahead, centred, streamed);
  }
}

TSR_INLINE void norm_rows(const struct tsr_normalization_f32 *block, bool centred) {
  if (block->columns == 0) {
    norm_empty_rows(block);
  } else if (norm_output_streams(block)) {
    norm_all_rows(block, centred, true);
    vector_stream_fence();
  } else {
    norm_all_rows(block, centred, false);
  }
}

/// One row's operands of z = dropout(input + bias) + residual, and where z goes.
struct residual_row {
  const float *input, *bias, *residual;
  const float *ahead_input, *ahead_residual;  ///< of the row to prefetch in this pass; NULL: none
  float *scratch, *sum;
  vector keep_scale;
  bool sum_streamed;
};

/// Stores z of `count` columns, 1 ... PHILOX_STEP, from `column` and adds them to `sums`. Each operation rounds, so
/// that z has the bits that the separate bias, dropout and residual kernels give.
TSR_INLINE void residual_row_step(
    const struct residual_row *row, size_t column, size_t count, bool dropout, struct philox_decisions kept,
    bool centred, struct norm_sums *sums) {
#pragma clang loop unroll(full)
  for (int index = 0; index < NORM_UNROLL; ++index) {
    const size_t offset = (size_t)index * VECTOR_LANES, here = column + offset;
    if (offset < count) {
      // Lanes past the row are 0 in every operand, so they add nothing.
      const size_t part = columns_here(count - offset);
      vector z = columns_load(row->input + here, part);
      if (row->bias != NULL) z = z + columns_load(row->bias + here, part);
      if (dropout) z = vector_keep(philox_kept_lanes(kept, index), z * row->keep_scale);
      z = z + columns_load(row->residual + here, part);
      columns_store(row->scratch + here, part, z, false);
      if (row->sum != NULL) columns_store(row->sum + here, part, z, row->sum_streamed);
      sums->part[index] = norm_add(sums->part[index], z, centred);
    }
  }
}

/// Rows between the one that is worked on and the one that is asked for. With dropout the generator's pass asks; else
/// the pass that reads is so short that asking would be a burst, and the passes that find their row in cache ask.
enum { RESIDUAL_ROWS_AHEAD_DROPOUT = 2, RESIDUAL_ROWS_AHEAD = 1 };

/// Asks for two dropout steps' columns of the row ahead.
TSR_INLINE void residual_row_prefetch(const struct residual_row *row, size_t column) {
  if (column >= COLUMNS_PREFETCH) return;
#pragma clang loop unroll(full)
  for (size_t line = 0; line < 2 * PHILOX_STEP; line += FLOATS_PER_CACHE_LINE) {
    if (row->ahead_input != NULL) vector_prefetch_far(row->ahead_input + column + line);
    if (row->ahead_residual != NULL) vector_prefetch_far(row->ahead_residual + column + line);
  }
}

/// Fills the row's z and returns its `norm_sum`; `generator` and `limit` are read where `dropout`.
TSR_INLINE float residual_row_sum(
    const struct residual_row *row, size_t columns, bool dropout, const struct philox_row *generator,
    philox_draws limit, bool centred) {
  struct norm_sums sums = {0};
  philox_words blocks = philox_blocks(0);
  struct philox_decisions kept[2] = {0};
  size_t column = 0;
  for (; columns - column >= 2 * PHILOX_STEP; column += 2 * PHILOX_STEP) {
    // Spread over the generator's work, so that memory is never asked for a burst and never idle.
    residual_row_prefetch(row, column);
    if (dropout) philox_decisions_next(generator, &blocks, limit, 2, kept);
    residual_row_step(row, column, PHILOX_STEP, dropout, kept[0], centred, &sums);
    residual_row_step(row, column + PHILOX_STEP, PHILOX_STEP, dropout, kept[1], centred, &sums);
  }
  for (; column < columns; column += PHILOX_STEP) {
    if (dropout) philox_decisions_next(generator, &blocks, limit, 1, kept);
    residual_row_step(row, column, philox_columns_here(columns - column), dropout, kept[0], centred, &sums);
  }
  return norm_total(&sums);
}

TSR_INLINE void residual_norm_all_rows(
    const struct tsr_normalization_f32 *rows, bool dropout, bool centred, bool streamed) {
  const struct tsr_normalization_f32 block = *rows;  // a copy, which no store can be thought to change
  const philox_draws limit = philox_limit(block.dropout.threshold);
  struct residual_row row = {
      .bias = block.bias,
      .scratch = block.scratch,
      .keep_scale = vector_broadcast(block.dropout.keep_scale),
      .sum_streamed = block.streaming && columns_aligned(block.sum, (uintptr_t)block.sum_stride * sizeof(float)),
  };
  for (size_t index = 0; index < block.rows; ++index) {
    const ptrdiff_t r = (ptrdiff_t)index;
    row.input = block.input + r * block.input_stride;
    row.residual = block.residual + r * block.residual_stride;
    const ptrdiff_t rows_ahead = dropout ? RESIDUAL_ROWS_AHEAD_DROPOUT : RESIDUAL_ROWS_AHEAD;
    const bool has_ahead = block.rows - index > (size_t)rows_ahead;
    const float *input = has_ahead ? row.input + rows_ahead * block.input_stride : NULL;
    const float *residual = has_ahead ? row.residual + rows_ahead * block.residual_stride : NULL;
    row.ahead_input = dropout || !centred ? input : NULL;
    row.ahead_residual = dropout ? residual : NULL;
    const struct norm_ahead ahead = {
        .in_squares = dropout ? NULL : input,
        .in_map = dropout ? NULL : residual,
    };
    row.sum = block.sum == NULL ? NULL : block.sum + r * block.sum_stride;
    struct philox_row generator;
    if (dropout) philox_begin_row(&generator, &block.dropout, (uint32_t)index, PHILOX_DECISION_BIAS);
    const float sum = residual_row_sum(&row, block.columns, dropout, &generator, limit, centred);
    norm_finish(&block, index, row.scratch, sum, ahead, centred, streamed);
  }
}

TSR_INLINE void residual_norm_rows(const struct tsr_normalization_f32 *block, bool centred) {
  assert(block->dropout.threshold <= 65536);
  const bool dropout = block->dropout.threshold != 0;
  if (block->columns == 0) {
    norm_empty_rows(block);
  } else if (norm_output_streams(block)) {
    if (dropout) {
      residual_norm_all_rows(block, true, centred, true);
    } else {
      residual_norm_all_rows(block, false, centred, true);
    }
  } else if (dropout) {
    residual_norm_all_rows(block, true, centred, false);
  } else {
    residual_norm_all_rows(block, false, centred, false);
  }
  if (block->streaming) vector_stream_fence();
}

static void tsr_f32_layer_norm(const struct tsr_normalization_f32 *block) { norm_rows(block, true); }
static void tsr_f32_rms_norm(const struct tsr_normalization_f32 *block) { norm_rows(block, false); }
static void tsr_f32_bias_dropout_residual_layer_norm(const struct tsr_normalization_f32 *block) {
  residual_norm_rows(block, true);
}
static void tsr_f32_bias_dropout_residual_rms_norm(const struct tsr_normalization_f32 *block) {
  residual_norm_rows(block, false);
}

#define NORMALIZATION_KERNELS                                                                                          \
  .layer_norm = tsr_f32_layer_norm, .rms_norm = tsr_f32_rms_norm,                                                      \
  .bias_dropout_residual_layer_norm = tsr_f32_bias_dropout_residual_layer_norm,                                        \
  .bias_dropout_residual_rms_norm = tsr_f32_bias_dropout_residual_rms_norm
