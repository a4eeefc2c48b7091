// Cross-entropy of rows of logits (tsr_cross_entropy.h), written once. Include after an instruction-set layer.
#include <string.h>

#include "../math/row_exponentials.h"

/// sum_c (greatest - input[c]), in four chains.
TSR_INLINE float cross_entropy_differences(size_t count, const float *input, float greatest) {
  enum { CHAINS = 4, STEP = CHAINS * VECTOR_LANES };
  const vector greatests = vector_broadcast(greatest);
  vector sums[CHAINS] = {vector_zero(), vector_zero(), vector_zero(), vector_zero()};
  size_t column = 0;
  for (; count - column >= STEP; column += STEP) {
#pragma clang loop unroll(full)
    for (size_t i = 0; i < CHAINS; i++) {
      sums[i] = sums[i] + (greatests - vector_load(input + column + i * VECTOR_LANES));
    }
  }
  for (; column < count; column += VECTOR_LANES) {
    const size_t here = columns_here(count - column);
    sums[0] = sums[0] + vector_keep(vector_first_lanes(here), greatests - columns_load(input + column, here));
  }
  return vector_sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

/// row[c] = row[c] * scale - shift.
TSR_INLINE void cross_entropy_gradients(size_t count, float *row, float scale, float shift) {
  const vector scales = vector_broadcast(scale), shifts = vector_broadcast(-shift);
  size_t column = 0;
#pragma clang loop unroll_count(4)
  for (; count - column >= VECTOR_LANES; column += VECTOR_LANES) {
    vector_store(row + column, vector_fma(vector_load(row + column), scales, shifts));
  }
  if (column < count) {
    const size_t here = count - column;
    columns_store(row + column, here, vector_fma(columns_load(row + column, here), scales, shifts), false);
  }
}

static void tsr_f32_cross_entropy(const struct tsr_cross_entropy_f32 *block) {
  const size_t columns = block->columns;
  const float smoothing = block->smoothing, factor = block->factor;
  for (size_t index = 0; index < block->rows; index++) {
    float *row = block->logits + (ptrdiff_t)index * block->logits_stride;
    const int32_t target = block->targets[index];
    if (target == block->ignored) {
      if (block->gradients) memset(row, 0, columns * sizeof(float));
      continue;
    }
    struct tsr_cross_entropy_row *result = block->results + index;
    const float *next = index + 1 < block->rows ? row + block->logits_stride : NULL;
    // Of an infinite one differences are NaN, and so is the row.
    const float greatest = row_greatest(columns, row, 1.0f);
    result->target = greatest - row[target];
    result->differences = smoothing > 0.0f ? cross_entropy_differences(columns, row, greatest) : 0.0f;
    result->sum = row_exponentials(columns, row, next, greatest, LOG2_E, row);
    if (!block->gradients) continue;
    cross_entropy_gradients(columns, row, factor / result->sum, factor * smoothing / (float)columns);
    row[target] -= factor * (1.0f - smoothing);
  }
}
