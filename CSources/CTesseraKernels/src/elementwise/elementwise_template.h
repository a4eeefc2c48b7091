// The element-wise kernels of tsr_elementwise.h, written once. Include after an instruction-set layer and a words_*.h.
#include <assert.h>

#include "../isa/columns.h"
#include "../math/activation.h"
#include "../philox/stream.h"

/// Stages with so much arithmetic that loops ask for what they read ahead of use.
enum { STAGES_PREFETCHED = TSR_STAGE_GELU | TSR_STAGE_GELU_TANH | TSR_STAGE_SILU | TSR_STAGE_DROPOUT };

/// Vectors taken in one go: enough loads in flight for the bandwidth, and what a dropout step covers.
enum { ELEMENTWISE_UNROLL = 4 };
_Static_assert(
    (int)PHILOX_STEP == (int)ELEMENTWISE_UNROLL * (int)VECTOR_LANES, "a dropout step is one turn of the loop");

struct elementwise_row {
  const float *input, *bias, *up, *residual;
  float *output;
  uint8_t *mask;
  vector scale, keep_scale;
  uint32_t first_block;  ///< which block of columns of the dropout's row begins at column 0
};

/// The activation of `vectors` vectors, a constant, at most ELEMENTWISE_UNROLL.
TSR_INLINE void elementwise_activate(int stages, size_t vectors, vector *x) {
  if (stages & TSR_STAGE_GELU) activation_gelu(vectors, x);
  if (stages & TSR_STAGE_GELU_TANH) activation_gelu_tanh(vectors, x);
  if (stages & TSR_STAGE_SILU) activation_silu(vectors, x);
}

/// The stages before dropout, for `vectors` vectors from `column`, a constant, of which the last holds `count` columns.
TSR_INLINE void elementwise_begin(
    const struct elementwise_row *row, size_t column, size_t vectors, size_t count, int stages, vector *x) {
#pragma clang loop unroll(full)
  for (size_t index = 0; index < vectors; ++index) {
    const size_t here = column + index * VECTOR_LANES;
    x[index] = columns_load(row->input + here, count);
    if (stages & TSR_STAGE_SCALE) x[index] = x[index] * row->scale;
    if (stages & TSR_STAGE_BIAS) x[index] = x[index] + columns_load(row->bias + here, count);
    // The maximum keeps NaN, its second operand, but also -0; adding +0 makes that +0.
    if (stages & TSR_STAGE_RELU) x[index] = vector_max(vector_zero(), x[index]) + vector_zero();
  }
  elementwise_activate(stages, vectors, x);
#pragma clang loop unroll(full)
  for (size_t index = 0; index < vectors; ++index) {
    const size_t here = column + index * VECTOR_LANES;
    if (stages & TSR_STAGE_GATE) x[index] = x[index] * columns_load(row->up + here, count);
  }
}

/// The stages after dropout, and the store.
TSR_INLINE void elementwise_end(
    const struct elementwise_row *row, size_t column, size_t count, vector x, int stages, bool streamed) {
  if (stages & TSR_STAGE_RESIDUAL) x = x + columns_load(row->residual + column, count);
  columns_store(row->output + column, count, x, streamed);
}

/// Asks for what one turn of the loop will read later on, where its stages are such that this helps.
TSR_INLINE void elementwise_prefetch(const struct elementwise_row *row, size_t column, int stages) {
  if (!(stages & STAGES_PREFETCHED)) return;
  columns_prefetch_ahead(row->input + column, ELEMENTWISE_UNROLL * VECTOR_LANES);
  if (stages & TSR_STAGE_GATE) columns_prefetch_ahead(row->up + column, ELEMENTWISE_UNROLL * VECTOR_LANES);
  if (stages & TSR_STAGE_RESIDUAL) columns_prefetch_ahead(row->residual + column, ELEMENTWISE_UNROLL * VECTOR_LANES);
}

TSR_INLINE void elementwise_row(const struct elementwise_row *row, size_t columns, int stages, bool streamed) {
  vector x[ELEMENTWISE_UNROLL];
  size_t column = 0;
  for (; columns - column >= ELEMENTWISE_UNROLL * VECTOR_LANES; column += ELEMENTWISE_UNROLL * VECTOR_LANES) {
    elementwise_prefetch(row, column, stages);
    elementwise_begin(row, column, ELEMENTWISE_UNROLL, VECTOR_LANES, stages, x);
#pragma clang loop unroll(full)
    for (size_t index = 0; index < ELEMENTWISE_UNROLL; ++index) {
      elementwise_end(row, column + index * VECTOR_LANES, VECTOR_LANES, x[index], stages, streamed);
    }
  }
  for (; column < columns; column += VECTOR_LANES) {
    const size_t count = columns_here(columns - column);
    elementwise_begin(row, column, 1, count, stages, x);
    elementwise_end(row, column, count, x[0], stages, streamed);
  }
}

/// The whole step from `column`, whose decisions are `kept`.
TSR_INLINE void elementwise_dropout_step(
    const struct elementwise_row *row, size_t column, struct philox_decisions kept, int stages, bool streamed,
    bool mask_streamed) {
  vector x[ELEMENTWISE_UNROLL];
  elementwise_prefetch(row, column, stages);
  if (row->mask != NULL) philox_store_mask(row->mask + column, PHILOX_STEP, philox_mask_bytes(kept), mask_streamed);
  elementwise_begin(row, column, ELEMENTWISE_UNROLL, VECTOR_LANES, stages, x);
#pragma clang loop unroll(full)
  for (int index = 0; index < ELEMENTWISE_UNROLL; ++index) {
    const vector dropped = vector_keep(philox_kept_lanes(kept, index), x[index] * row->keep_scale);
    elementwise_end(row, column + (size_t)index * VECTOR_LANES, VECTOR_LANES, dropped, stages, streamed);
  }
}

/// The `count` columns, 1 ... PHILOX_STEP, of the last step.
TSR_INLINE void elementwise_dropout_tail(
    const struct elementwise_row *row, size_t column, size_t count, struct philox_decisions kept, int stages,
    bool streamed) {
  if (row->mask != NULL) philox_store_mask(row->mask + column, count, philox_mask_bytes(kept), false);
#pragma clang loop unroll(full)
  for (int index = 0; index < ELEMENTWISE_UNROLL; ++index) {
    const size_t offset = (size_t)index * VECTOR_LANES;
    if (offset < count) {
      const size_t part = columns_here(count - offset);
      vector x;
      elementwise_begin(row, column + offset, 1, part, stages, &x);
      x = vector_keep(philox_kept_lanes(kept, index), x * row->keep_scale);
      elementwise_end(row, column + offset, part, x, stages, streamed);
    }
  }
}

/// The same as `elementwise_row`, with decisions; `generator` stands at the row.
TSR_INLINE void elementwise_dropout_row(
    const struct elementwise_row *row, const struct philox_row *generator, philox_draws limit, size_t columns,
    int stages, bool streamed, bool mask_streamed) {
  philox_words blocks = philox_blocks(row->first_block);
  size_t column = 0;
  struct philox_decisions kept[2];
  for (; columns - column >= 2 * PHILOX_STEP; column += 2 * PHILOX_STEP) {
    philox_decisions_next(generator, &blocks, limit, 2, kept);
    elementwise_dropout_step(row, column, kept[0], stages, streamed, mask_streamed);
    elementwise_dropout_step(row, column + PHILOX_STEP, kept[1], stages, streamed, mask_streamed);
  }
  for (; column < columns; column += PHILOX_STEP) {
    philox_decisions_next(generator, &blocks, limit, 1, kept);
    const size_t count = philox_columns_here(columns - column);
    if (count == PHILOX_STEP) {
      elementwise_dropout_step(row, column, kept[0], stages, streamed, mask_streamed);
    } else {
      elementwise_dropout_tail(row, column, count, kept[0], stages, streamed);
    }
  }
}

TSR_INLINE void elementwise_all_rows(
    const struct tsr_elementwise_f32 *rows, int stages, bool streamed, bool mask_streamed) {
  const struct tsr_elementwise_f32 block = *rows;  // a copy, which no store can be thought to change
  const philox_draws limit = philox_limit(block.dropout.threshold);
  struct elementwise_row row = {
      .scale = vector_broadcast(block.scale),
      .keep_scale = vector_broadcast(block.dropout.keep_scale),
      .bias = block.bias,
      .first_block = block.dropout_block,
  };
  for (size_t index = 0; index < block.rows; ++index) {
    const ptrdiff_t r = (ptrdiff_t)index;
    row.input = block.input + r * block.input_stride;
    row.output = block.output + r * block.output_stride;
    if (stages & TSR_STAGE_GATE) row.up = block.up + r * block.up_stride;
    if (stages & TSR_STAGE_RESIDUAL) row.residual = block.residual + r * block.residual_stride;
    if (stages & TSR_STAGE_DROPOUT) {
      row.mask = block.mask == NULL ? NULL : block.mask + r * block.mask_stride;
      struct philox_row generator;
      philox_begin_row(&generator, &block.dropout, (uint32_t)index, PHILOX_DECISION_BIAS);
      elementwise_dropout_row(&row, &generator, limit, block.columns, stages, streamed, mask_streamed);
    } else {
      elementwise_row(&row, block.columns, stages, streamed);
    }
  }
}

/// The kernel: `stages` is a constant set of `TSR_STAGE_...`.
TSR_INLINE void elementwise_rows(const struct tsr_elementwise_f32 *block, int stages) {
  if (stages & TSR_STAGE_DROPOUT) {
    assert(block->dropout.threshold >= 1 && block->dropout.threshold <= 65536);
  }
  if (block->rows == 0 || block->columns == 0) return;
  const bool streamed = block->streaming
      && columns_aligned(block->output, (uintptr_t)block->output_stride * sizeof(float));
  if (!streamed) {
    elementwise_all_rows(block, stages, false, false);
  } else {
    // A mask that is not aligned keeps ordinary stores; it has a quarter of the output's bytes.
    if ((stages & TSR_STAGE_DROPOUT) && columns_aligned(block->mask, (uintptr_t)block->mask_stride)) {
      elementwise_all_rows(block, stages, true, true);
    } else {
      elementwise_all_rows(block, stages, true, false);
    }
    vector_stream_fence();
  }
}
