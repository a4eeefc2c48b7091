// Softmax of rows (tsr_softmax.h), written once on the vector layer: three passes over a row, of which only the first
// and the last touch memory that is not in cache.
#include "../isa/columns.h"
#include "../math/exp.h"

/// Vectors taken together in the pass of exponentials, and its independent sums.
enum { SOFTMAX_CHAINS = 2, SOFTMAX_STEP = SOFTMAX_CHAINS * VECTOR_LANES };

/// Independent chains of the search for the maximum; they cover the latency of an instruction.
enum { GREATEST_CHAINS = 4, GREATEST_STEP = GREATEST_CHAINS * VECTOR_LANES };

/// The greatest element, not counting NaN; -inf where there is none. A NaN shows in the sum.
TSR_INLINE float softmax_greatest(size_t columns, const float *input) {
  const vector lowest = vector_broadcast(-INFINITY);
  vector chains[GREATEST_CHAINS] = {lowest, lowest, lowest, lowest};
  size_t column = 0;
  for (; columns - column >= GREATEST_STEP; column += GREATEST_STEP) {
#pragma clang loop unroll(full)
    for (size_t chain = 0; chain < GREATEST_CHAINS; chain++) {
      // The second operand is what comes out beside NaN, and the chain holds none.
      chains[chain] = vector_max(vector_load(input + column + chain * VECTOR_LANES), chains[chain]);
    }
  }
  for (; columns - column >= VECTOR_LANES; column += VECTOR_LANES) {
    chains[0] = vector_max(vector_load(input + column), chains[0]);
  }
  if (column < columns) {
    const vector_lanes lanes = vector_first_lanes(columns - column);
    chains[1] = vector_max(vector_select(lanes, vector_load_lanes(input + column, lanes), lowest), chains[1]);
  }
  return vector_greatest(vector_max(vector_max(chains[0], chains[1]), vector_max(chains[2], chains[3])));
}

/// scratch[c] = exp(input[c] - greatest); returns the sum. `next` is the row to prefetch, or NULL.
TSR_INLINE float softmax_exponentials(
    size_t columns, const float *input, const float *next, float greatest, float *scratch) {
  const vector shift = vector_broadcast(greatest);
  vector exponentials[SOFTMAX_CHAINS];
  vector sums[SOFTMAX_CHAINS] = {vector_zero(), vector_zero()};
  size_t column = 0;
  for (; columns - column >= SOFTMAX_STEP; column += SOFTMAX_STEP) {
    columns_prefetch(next, column, SOFTMAX_STEP);
#pragma clang loop unroll(full)
    for (size_t chain = 0; chain < SOFTMAX_CHAINS; chain++) {
      exponentials[chain] = vector_load(input + column + chain * VECTOR_LANES) - shift;
    }
    vectors_exp_nonpositive(SOFTMAX_CHAINS, exponentials);
#pragma clang loop unroll(full)
    for (size_t chain = 0; chain < SOFTMAX_CHAINS; chain++) {
      vector_store(scratch + column + chain * VECTOR_LANES, exponentials[chain]);
      sums[chain] = sums[chain] + exponentials[chain];
    }
  }
  for (; columns - column >= VECTOR_LANES; column += VECTOR_LANES) {
    const vector exponential = vector_exp_nonpositive(vector_load(input + column) - shift);
    vector_store(scratch + column, exponential);
    sums[0] = sums[0] + exponential;
  }
  if (column < columns) {
    const vector_lanes lanes = vector_first_lanes(columns - column);
    const vector exponential = vector_exp_nonpositive(vector_load_lanes(input + column, lanes) - shift);
    vector_store_lanes(scratch + column, lanes, exponential);
    sums[1] = sums[1] + vector_keep(lanes, exponential);
  }
  return vector_sum(sums[0] + sums[1]);
}

/// output[c] = scratch[c] * factor; `streamed` is a constant where this is inlined.
TSR_INLINE void softmax_scale(size_t columns, const float *scratch, float factor, float *output, bool streamed) {
  const vector factors = vector_broadcast(factor);
  size_t column = 0;
#pragma clang loop unroll_count(4)
  for (; columns - column >= VECTOR_LANES; column += VECTOR_LANES) {
    columns_store(output + column, VECTOR_LANES, vector_load(scratch + column) * factors, streamed);
  }
  if (column < columns) {
    const size_t rest = columns - column;
    columns_store(output + column, rest, columns_load(scratch + column, rest) * factors, streamed);
  }
}

TSR_INLINE void softmax(const struct tsr_softmax_f32 *block) {
  const size_t columns = block->columns;
  const bool streamed =
      block->streaming && columns_aligned(block->output, block->output_stride * (ptrdiff_t)sizeof(float));
  for (size_t row = 0; row < block->rows; row++) {
    const float *input = block->input + (ptrdiff_t)row * block->input_stride;
    const float *next = row + 1 < block->rows ? input + block->input_stride : NULL;
    float *output = block->output + (ptrdiff_t)row * block->output_stride;
    const float greatest = softmax_greatest(columns, input);
    // Where nothing is above -inf, 0 stands in for the maximum: exp(-inf - 0) = 0, and NaN stays NaN.
    const float sum =
        softmax_exponentials(columns, input, next, greatest > -INFINITY ? greatest : 0.0f, block->scratch);
    const float factor = sum == 0.0f ? 0.0f : 1.0f / sum;
    if (streamed) {
      softmax_scale(columns, block->scratch, factor, output, true);
    } else {
      softmax_scale(columns, block->scratch, factor, output, false);
    }
  }
  if (streamed) vector_stream_fence();
}
