// Rows of attention's backward pass between its products (tsr_attention_gradients.h), written once. Include after an
// instruction-set layer and a words_*.h.
#include <assert.h>

#include "../isa/columns.h"
#include "../math/exp2.h"
#include "../philox/stream.h"

/// Vectors of a step, whose exponentials and decisions are made together.
enum { GRADIENT_VECTORS = 4, GRADIENT_STEP = GRADIENT_VECTORS * VECTOR_LANES };
_Static_assert((int)PHILOX_STEP == (int)GRADIENT_STEP, "a step of decisions is a step of gradients");

/// What is the same for all columns of a row.
struct score_gradients_row {
  vector scale, log_sum_exp, delta, factor, keep_scale, cap;
};

/// The lanes of the next `count` columns that a mask lets through.
TSR_INLINE vector_lanes score_gradients_visible(const uint8_t *mask, size_t count) {
  if (count == VECTOR_LANES) return vector_lanes_of_bytes(mask);
  uint8_t bytes[16] = {0};
  for (size_t index = 0; index < count; index++) bytes[index] = mask[index];
  return vector_lanes_of_bytes(bytes);
}

/// `here` columns, 1 ... GRADIENT_STEP, from `column` on. `drops` and `is_special`, whether there is a cap or a mask or
/// the softmax's gradients are wanted, are constants where this is inlined.
TSR_INLINE void score_gradients_step(
    const struct tsr_attention_score_gradients_f32 *call, const struct score_gradients_row *row, size_t column,
    size_t here, bool drops, struct philox_decisions kept, bool is_special) {
  vector p[GRADIENT_VECTORS];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < GRADIENT_VECTORS; i++) {
    const size_t offset = i * VECTOR_LANES;
    p[i] = vector_zero();
    if (offset >= here) continue;
    // The difference is rounded once, and the product with log2(e) once more.
    const vector score = columns_load(call->scores + column + offset, columns_here(here - offset));
    p[i] = vector_fma(score, row->scale, -row->log_sum_exp) * vector_broadcast(LOG2_E);
  }
  vectors_exp2_below_127(GRADIENT_VECTORS, p);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < GRADIENT_VECTORS; i++) {
    const size_t offset = i * VECTOR_LANES;
    if (offset >= here) continue;
    const size_t count = columns_here(here - offset);
    float *const scores = call->scores + column + offset, *const gradients = call->gradients + column + offset;
    vector weight = p[i], gradient = columns_load(gradients, count);
    if (drops) {
      // A product, so that a dropped probability that is NaN stays so.
      const vector z = vector_keep(philox_kept_lanes(kept, (int)i), row->keep_scale);
      weight = weight * z;
      gradient = gradient * z;
    }
    gradient = p[i] * (gradient - row->delta);
    vector softmax_gradient = gradient;
    if (is_special && call->capped != NULL) {
      const vector t = columns_load(call->capped + column + offset, count) / row->cap;
      gradient = gradient * vector_fma(-t, t, vector_broadcast(1.0f));
    }
    gradient = gradient * row->factor;
    if (is_special && call->mask != NULL) {
      const vector_lanes visible = score_gradients_visible(call->mask + column + offset, count);
      weight = vector_keep(visible, weight);
      gradient = vector_keep(visible, gradient);
      softmax_gradient = vector_keep(visible, softmax_gradient);
    }
    if (is_special && call->softmax_gradients != NULL) {
      columns_store(call->softmax_gradients + column + offset, count, softmax_gradient, false);
    }
    columns_store(scores, count, weight, false);
    columns_store(gradients, count, gradient, false);
  }
}

/// The columns from the block of decisions that the first visible one lies in.
TSR_INLINE void score_gradients_columns(
    const struct tsr_attention_score_gradients_f32 *call, bool drops, bool is_special) {
  const struct score_gradients_row row = {
      .scale = vector_broadcast(call->scale),
      .log_sum_exp = vector_broadcast(call->log_sum_exp),
      .delta = vector_broadcast(call->delta),
      .factor = vector_broadcast(call->factor),
      .keep_scale = vector_broadcast(drops ? call->dropout->keep_scale : 1.0f),
      .cap = vector_broadcast(call->cap),
  };
  size_t column = call->first - call->first % PHILOX_COLUMNS_PER_BLOCK;
  struct philox_decisions kept[2];
  if (drops) {
    assert(call->dropout->threshold >= 1 && call->dropout->threshold <= 65536);
    const philox_draws limit = philox_limit(call->dropout->threshold);
    struct philox_row generator;
    philox_begin_row(&generator, call->dropout, 0, PHILOX_DECISION_BIAS);
    philox_words blocks = philox_blocks((call->column + (uint32_t)column) / PHILOX_COLUMNS_PER_BLOCK);
    for (; column + 2 * GRADIENT_STEP <= call->last; column += 2 * GRADIENT_STEP) {
      philox_decisions_next(&generator, &blocks, limit, 2, kept);
      score_gradients_step(call, &row, column, GRADIENT_STEP, true, kept[0], is_special);
      score_gradients_step(call, &row, column + GRADIENT_STEP, GRADIENT_STEP, true, kept[1], is_special);
    }
    for (; column < call->last; column += GRADIENT_STEP) {
      philox_decisions_next(&generator, &blocks, limit, 1, kept);
      score_gradients_step(
          call, &row, column, philox_columns_here(call->last - column), true, kept[0], is_special);
    }
    return;
  }
  for (; column + GRADIENT_STEP <= call->last; column += GRADIENT_STEP) {
    score_gradients_step(call, &row, column, GRADIENT_STEP, false, kept[0], is_special);
  }
  if (column < call->last) {
    score_gradients_step(call, &row, column, call->last - column, false, kept[0], is_special);
  }
}

TSR_INLINE void score_gradients_hide(size_t count, float *scores, float *gradients) {
  for (size_t column = 0; column < count; column += VECTOR_LANES) {
    columns_store(scores + column, columns_here(count - column), vector_zero(), false);
    columns_store(gradients + column, columns_here(count - column), vector_zero(), false);
  }
}

static void tsr_f32_attention_score_gradients(
    size_t count, const struct tsr_attention_score_gradients_f32 *rows) {
  for (size_t index = 0; index < count; index++) {
    const struct tsr_attention_score_gradients_f32 call = rows[index];
    assert(call.first <= call.last && call.last <= call.count && call.column % PHILOX_COLUMNS_PER_BLOCK == 0);
    if (call.first < call.last) {
      const bool is_special = call.capped != NULL || call.mask != NULL || call.softmax_gradients != NULL;
      if (call.dropout != NULL) {
        if (is_special) score_gradients_columns(&call, true, true);
        else score_gradients_columns(&call, true, false);
      } else if (is_special) {
        score_gradients_columns(&call, false, true);
      } else {
        score_gradients_columns(&call, false, false);
      }
    }
    // Last, because of columns before the first that belong to its block of decisions.
    const size_t first = call.first < call.last ? call.first : call.last;
    score_gradients_hide(first, call.scores, call.gradients);
    score_gradients_hide(call.count - call.last, call.scores + call.last, call.gradients + call.last);
  }
}

/// Independent chains that cover the latency of a sum.
enum { PRODUCT_CHAINS = 4, PRODUCT_STEP = PRODUCT_CHAINS * VECTOR_LANES };

static void tsr_f32_attention_row_products(const struct tsr_attention_row_products_f32 *rows) {
  for (size_t row = 0; row < rows->rows; row++) {
    const float *left = rows->left + (ptrdiff_t)row * rows->left_stride;
    const float *right = rows->right + (ptrdiff_t)row * rows->right_stride;
    vector sums[PRODUCT_CHAINS] = {vector_zero(), vector_zero(), vector_zero(), vector_zero()};
    size_t column = 0;
    for (; rows->columns - column >= PRODUCT_STEP; column += PRODUCT_STEP) {
#pragma clang loop unroll(full)
      for (size_t chain = 0; chain < PRODUCT_CHAINS; chain++) {
        const size_t here = column + chain * VECTOR_LANES;
        sums[chain] = vector_fma(vector_load(left + here), vector_load(right + here), sums[chain]);
      }
    }
    for (; column < rows->columns; column += VECTOR_LANES) {
      const size_t here = columns_here(rows->columns - column);
      sums[0] = vector_fma(columns_load(left + column, here), columns_load(right + column, here), sums[0]);
    }
    rows->products[row] = vector_sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
  }
}

#define ATTENTION_GRADIENT_KERNELS                                                                                     \
  .score_gradients = tsr_f32_attention_score_gradients, .row_products = tsr_f32_attention_row_products
