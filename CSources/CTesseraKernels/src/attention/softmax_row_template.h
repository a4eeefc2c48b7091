// A step of the online softmax for some rows (tsr_attention.h), written once. Include after an instruction-set layer
// and a words_*.h.
#include <assert.h>

#include "../math/row_exponentials.h"
#include "../philox/stream.h"

/// Vectors of a dropout step.
enum { DROPOUT_VECTORS = 4 };
_Static_assert((int)PHILOX_STEP == (int)DROPOUT_VECTORS * (int)VECTOR_LANES, "a dropout step is four vectors");

TSR_INLINE void attention_hide(size_t count, float *scores) {
  for (size_t column = 0; column < count; column += VECTOR_LANES) {
    columns_store(scores + column, columns_here(count - column), vector_zero(), false);
  }
}

/// `count` columns, 1 ... PHILOX_STEP, whose decisions are `kept`.
TSR_INLINE void attention_drop_step(size_t count, float *scores, struct philox_decisions kept, vector keep_scale) {
#pragma clang loop unroll(full)
  for (int index = 0; index < DROPOUT_VECTORS; index++) {
    const size_t offset = (size_t)index * VECTOR_LANES;
    if (offset < count) {
      const size_t here = columns_here(count - offset);
      const vector scaled = columns_load(scores + offset, here) * keep_scale;
      columns_store(scores + offset, here, vector_keep(philox_kept_lanes(kept, index), scaled), false);
    }
  }
}

/// Dropout of `count` scores, the first of which stands at `column`, a multiple of 8, of the dropout's row.
TSR_INLINE void attention_drop(const struct tsr_dropout *dropout, uint32_t column, size_t count, float *scores) {
  assert(dropout->threshold >= 1 && dropout->threshold <= 65536);
  const vector keep_scale = vector_broadcast(dropout->keep_scale);
  const philox_draws limit = philox_limit(dropout->threshold);
  struct philox_row generator;
  philox_begin_row(&generator, dropout, 0, PHILOX_DECISION_BIAS);
  philox_words blocks = philox_blocks(column / PHILOX_COLUMNS_PER_BLOCK);
  struct philox_decisions kept[2];
  for (; count >= 2 * PHILOX_STEP; count -= 2 * PHILOX_STEP, scores += 2 * PHILOX_STEP) {
    philox_decisions_next(&generator, &blocks, limit, 2, kept);
    attention_drop_step(PHILOX_STEP, scores, kept[0], keep_scale);
    attention_drop_step(PHILOX_STEP, scores + PHILOX_STEP, kept[1], keep_scale);
  }
  while (count > 0) {
    const size_t here = philox_columns_here(count);
    philox_decisions_next(&generator, &blocks, limit, 1, kept);
    attention_drop_step(here, scores, kept[0], keep_scale);
    count -= here;
    scores += here;
  }
}

TSR_INLINE void attention_rescale(size_t count, float factor, float *output) {
  const vector factors = vector_broadcast(factor);
  for (size_t column = 0; column < count; column += VECTOR_LANES) {
    const size_t here = columns_here(count - column);
    columns_store(output + column, here, columns_load(output + column, here) * factors, false);
  }
}

/// The greatest of what a row sees.
TSR_INLINE float attention_softmax_begin(const struct tsr_attention_softmax_f32 *row) {
  assert(row->first <= row->last && row->last <= row->count && row->column % PHILOX_COLUMNS_PER_BLOCK == 0);
  return row_greatest(row->last - row->first, row->scores + row->first, 1.0f);
}

/// Zeros in what a row does not see. After the last of the row's loads that the stores of part of a vector could
/// overlap: a processor does not forward those to loads, which would wait until they are in the cache.
TSR_INLINE void attention_softmax_hide(const struct tsr_attention_softmax_f32 *row) {
  if (row->first > 0) attention_hide(row->first, row->scores);
  if (row->last < row->count) attention_hide(row->count - row->last, row->scores + row->last);
}

/// The rest of the step, once the greatest visible score is known.
TSR_INLINE void attention_softmax_end(struct tsr_attention_softmax_f32 *row, float greatest) {
  const size_t first = row->first, visible = row->last - row->first;
  if (visible == 0) return attention_softmax_hide(row);
  float *const scores = row->scores;
  const float factor = row->scale * LOG2_E, before = row->maximum;
  const float maximum = greatest > before ? greatest : before;
  if (maximum > before && before > -INFINITY) {
    const float rescale = row_rescale(before, maximum, factor);
    if (rescale != 1.0f) {
      row->sum *= rescale;
      attention_rescale(row->output_count, rescale, row->output);
    }
  }
  row->maximum = maximum;
  // Where nothing is above -inf, 0 stands in for the maximum: exp(-inf - 0) = 0, and NaN stays NaN.
  const float shift = maximum > -INFINITY ? maximum : 0.0f;
  row->sum += row_exponentials(visible, scores + first, row->next, shift, factor, scores + first);
  attention_softmax_hide(row);
  if (row->dropout != NULL) {
    // From the block of decisions that `first` lies in. The columns before it are 0, and stay so.
    const size_t begin = first - first % PHILOX_COLUMNS_PER_BLOCK;
    attention_drop(row->dropout, row->column + (uint32_t)begin, row->last - begin, scores + begin);
  }
}

/// Rows whose maxima are found before the first exponential: one row's way from vectors to a number, some 30 cycles in
/// which nothing else of that row can begin, is covered by the next rows' searches.
enum { SOFTMAX_ROWS = 12 };

static void tsr_f32_attention_softmax(size_t count, struct tsr_attention_softmax_f32 *rows) {
  for (size_t begin = 0; begin < count; begin += SOFTMAX_ROWS) {
    const size_t here = count - begin < SOFTMAX_ROWS ? count - begin : SOFTMAX_ROWS;
    float greatest[SOFTMAX_ROWS];
    for (size_t row = 0; row < here; row++) greatest[row] = attention_softmax_begin(&rows[begin + row]);
    for (size_t row = 0; row < here; row++) attention_softmax_end(&rows[begin + row], greatest[row]);
  }
}
