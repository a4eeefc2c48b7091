// Softmax of rows (tsr_softmax.h), written once on the vector layer: three passes over a row, of which only the first
// and the last touch memory that is not in cache.
#include "../math/row_exponentials.h"

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

static void tsr_f32_softmax(const struct tsr_softmax_f32 *block) {
  const size_t columns = block->columns;
  const bool streamed =
      block->streaming && columns_aligned(block->output, (uintptr_t)block->output_stride * sizeof(float));
  for (size_t row = 0; row < block->rows; row++) {
    const float *input = block->input + (ptrdiff_t)row * block->input_stride;
    const float *next = row + 1 < block->rows ? input + block->input_stride : NULL;
    float *output = block->output + (ptrdiff_t)row * block->output_stride;
    const float greatest = row_greatest(columns, input, 1.0f);
    // Where nothing is above -inf, 0 stands in for the maximum: exp(-inf - 0) = 0, and NaN stays NaN.
    const float shift = greatest > -INFINITY ? greatest : 0.0f;
    const float sum = row_exponentials(columns, input, next, shift, LOG2_E, block->scratch);
    const float factor = sum == 0.0f ? 0.0f : 1.0f / sum;
    if (streamed) {
      softmax_scale(columns, block->scratch, factor, output, true);
    } else {
      softmax_scale(columns, block->scratch, factor, output, false);
    }
  }
  if (streamed) vector_stream_fence();
}
