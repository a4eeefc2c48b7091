// What is done to a row of scores element by element (tsr_attention.h), written once on the vector layer.
#include "../isa/columns.h"
#include "../math/exp2.h"

/// A product with 1 would change the bits of a signalling NaN.
TSR_INLINE vector attention_scaled(vector x, float factor) {
  return factor == 1.0f ? x : x * vector_broadcast(factor);
}

/// `streamed` is a constant where this is inlined.
TSR_INLINE void attention_scale(size_t count, float factor, const float *input, float *output, bool streamed) {
  if (factor == 1.0f && input == output) return;
  size_t column = 0;
#pragma clang loop unroll_count(4)
  for (; count - column >= VECTOR_LANES; column += VECTOR_LANES) {
    columns_store(output + column, VECTOR_LANES, attention_scaled(vector_load(input + column), factor), streamed);
  }
  if (column < count) {
    const vector_lanes lanes = vector_first_lanes(count - column);
    vector_store_lanes(output + column, lanes, attention_scaled(vector_load_lanes(input + column, lanes), factor));
  }
}

static void tsr_f32_attention_scale(size_t count, float factor, const float *input, float *output) {
  attention_scale(count, factor, input, output, false);
}

static void tsr_f32_attention_finish(const struct tsr_attention_finish_f32 *rows) {
  const bool streamed =
      rows->streaming && columns_aligned(rows->output, (uintptr_t)rows->output_stride * sizeof(float));
  for (size_t row = 0; row < rows->rows; row++) {
    const float *sums = rows->sums + row * rows->columns;
    float *output = rows->output + (ptrdiff_t)row * rows->output_stride;
    const float total = rows->totals[row];
    if (total == 0.0f) {
      for (size_t column = 0; column < rows->columns; column++) output[column] = 0.0f;
    } else if (streamed) {
      attention_scale(rows->columns, 1.0f / total, sums, output, true);
    } else {
      attention_scale(rows->columns, 1.0f / total, sums, output, false);
    }
  }
}

/// Where tanh is +-1 in float: beyond |y| = 10 it differs from 1 by less than 2^-27.
static const float TANH_MOST = 10.0f;

/// tanh(y) of t = 2 y log2(e).
TSR_INLINE vector attention_tanh(vector t) {
  const vector most = vector_broadcast(2.0f * LOG2_E * TANH_MOST);
  // With e = exp(2 y) - 1 = 2^t - 1, tanh(y) = e / (e + 2): nothing cancels where y is near 0.
  const vector e = vector_exp2_minus_1(vector_min(most, vector_max(-most, t)));
  return e / (e + vector_broadcast(2.0f));
}

static void tsr_f32_attention_softcap(size_t count, float cap, float *scores) {
  const float per_score = 2.0f * LOG2_E / cap;
  // A cap below 2^-126 would make it inf, and 0 * inf NaN.
  const vector factor = vector_broadcast(per_score < FLT_MAX ? per_score : FLT_MAX);
  const vector caps = vector_broadcast(cap);
  size_t column = 0;
#pragma clang loop unroll_count(2)
  for (; count - column >= VECTOR_LANES; column += VECTOR_LANES) {
    vector_store(scores + column, caps * attention_tanh(vector_load(scores + column) * factor));
  }
  if (column < count) {
    const size_t here = count - column;
    columns_store(scores + column, here, caps * attention_tanh(columns_load(scores + column, here) * factor), false);
  }
}

static void tsr_f32_attention_bias(size_t count, const float *bias, float *scores) {
  size_t column = 0;
#pragma clang loop unroll_count(4)
  for (; count - column >= VECTOR_LANES; column += VECTOR_LANES) {
    vector_store(scores + column, vector_load(scores + column) + vector_load(bias + column));
  }
  if (column < count) {
    const vector_lanes lanes = vector_first_lanes(count - column);
    const vector sum = vector_load_lanes(scores + column, lanes) + vector_load_lanes(bias + column, lanes);
    vector_store_lanes(scores + column, lanes, sum);
  }
}

/// The numbers of a vector's lanes.
static const float ALIBI_LANES[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void tsr_f32_attention_alibi(size_t count, float slope, ptrdiff_t distance, float *scores) {
  const vector factor = vector_broadcast(-slope), lanes = vector_load(ALIBI_LANES);
  size_t column = 0;
#pragma clang loop unroll_count(4)
  for (; count - column >= VECTOR_LANES; column += VECTOR_LANES) {
    const vector apart = vector_absolute(vector_broadcast((float)(distance + (ptrdiff_t)column)) + lanes);
    vector_store(scores + column, vector_fma(factor, apart, vector_load(scores + column)));
  }
  if (column < count) {
    const vector_lanes tail = vector_first_lanes(count - column);
    const vector apart = vector_absolute(vector_broadcast((float)(distance + (ptrdiff_t)column)) + lanes);
    vector_store_lanes(scores + column, tail, vector_fma(factor, apart, vector_load_lanes(scores + column, tail)));
  }
}

static void tsr_f32_attention_mask(size_t count, const uint8_t *mask, float *scores) {
  const vector hidden = vector_broadcast(-INFINITY);
  size_t column = 0;
#pragma clang loop unroll_count(4)
  for (; count - column >= VECTOR_LANES; column += VECTOR_LANES) {
    const vector_lanes visible = vector_lanes_of_bytes(mask + column);
    vector_store(scores + column, vector_select(visible, vector_load(scores + column), hidden));
  }
  for (; column < count; column++) {
    if (mask[column] == 0) scores[column] = -INFINITY;
  }
}

/// Independent chains that cover the latency of an addition.
enum { FINITE_CHAINS = 4, FINITE_STEP = FINITE_CHAINS * VECTOR_LANES };

static bool tsr_f32_attention_finite(size_t count, const float *values) {
  // x * 0 is 0, or NaN where x is not finite, which stays in its lane.
  vector sums[FINITE_CHAINS] = {vector_zero(), vector_zero(), vector_zero(), vector_zero()};
  size_t column = 0;
  for (; count - column >= FINITE_STEP; column += FINITE_STEP) {
#pragma clang loop unroll(full)
    for (size_t chain = 0; chain < FINITE_CHAINS; chain++) {
      const vector x = vector_load(values + column + chain * VECTOR_LANES);
      sums[chain] = vector_fma(x, vector_zero(), sums[chain]);
    }
  }
  for (; column < count; column += VECTOR_LANES) {
    sums[0] = vector_fma(columns_load(values + column, columns_here(count - column)), vector_zero(), sums[0]);
  }
  return vector_sum((sums[0] + sums[1]) + (sums[2] + sums[3])) == 0.0f;
}

static void tsr_f32_exp2(size_t count, const float *input, float *output) {
  for (size_t column = 0; column < count; column += VECTOR_LANES) {
    const size_t here = columns_here(count - column);
    columns_store(output + column, here, vector_exp2(columns_load(input + column, here)), false);
  }
}
