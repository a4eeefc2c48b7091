// The passes over one row that the kernels of tsr_layer_norm.h share. Include after an instruction-set layer and a
// words_*.h.
#include "../isa/columns.h"
#include "../philox/stream.h"

/// Vectors taken in one go, each with an accumulator of its own: that hides the latency of the additions and shortens
/// the chains in which rounding errors grow. It is also what a dropout step covers.
enum { LAYER_NORM_UNROLL = 4, LAYER_NORM_STEP = LAYER_NORM_UNROLL * VECTOR_LANES };
_Static_assert((int)PHILOX_STEP == (int)LAYER_NORM_STEP, "a dropout step is the unrolled loop's");

struct layer_norm_sums {
  vector part[LAYER_NORM_UNROLL];
};

TSR_INLINE float layer_norm_total(const struct layer_norm_sums *sums) {
  return vector_sum((sums->part[0] + sums->part[1]) + (sums->part[2] + sums->part[3]));
}

/// sum_c row[c]
TSR_INLINE float layer_norm_sum(const float *row, size_t columns) {
  struct layer_norm_sums sums = {0};
  size_t column = 0;
  for (; columns - column >= LAYER_NORM_STEP; column += LAYER_NORM_STEP) {
#pragma clang loop unroll(full)
    for (int index = 0; index < LAYER_NORM_UNROLL; ++index) {
      sums.part[index] += vector_load(row + column + (size_t)index * VECTOR_LANES);
    }
  }
#pragma clang loop unroll(full)
  for (int index = 0; index < LAYER_NORM_UNROLL; ++index) {
    if (column < columns) {
      const size_t count = columns_here(columns - column);
      sums.part[index] += columns_load(row + column, count);
      column += count;
    }
  }
  return layer_norm_total(&sums);
}

/// sum_c (row[c] - mean)^2
TSR_INLINE float layer_norm_squares(const float *row, const float *next, size_t columns, float mean) {
  const vector centre = vector_broadcast(mean);
  struct layer_norm_sums sums = {0};
  size_t column = 0;
  for (; columns - column >= LAYER_NORM_STEP; column += LAYER_NORM_STEP) {
    columns_prefetch(next, column, LAYER_NORM_STEP);
#pragma clang loop unroll(full)
    for (int index = 0; index < LAYER_NORM_UNROLL; ++index) {
      const vector x = vector_load(row + column + (size_t)index * VECTOR_LANES) - centre;
      sums.part[index] = vector_fma(x, x, sums.part[index]);
    }
  }
#pragma clang loop unroll(full)
  for (int index = 0; index < LAYER_NORM_UNROLL; ++index) {
    if (column < columns) {
      const size_t count = columns_here(columns - column);
      const vector x = vector_keep(vector_first_lanes(count), columns_load(row + column, count) - centre);
      sums.part[index] = vector_fma(x, x, sums.part[index]);
      column += count;
    }
  }
  return layer_norm_total(&sums);
}

/// output[c] = (row[c] - mean) * inverse_deviation * weight[c] + shift[c] for `count` columns from `column`
TSR_INLINE void layer_norm_map(
    const struct tsr_layer_norm_f32 *block, const float *row, float *output, size_t column, size_t count, vector mean,
    vector inverse_deviation, bool streamed) {
  const vector normal = (columns_load(row + column, count) - mean) * inverse_deviation;
  const vector weight = columns_load(block->weight + column, count);
  const vector shift = columns_load(block->shift + column, count);
  columns_store(output + column, count, vector_fma(normal, weight, shift), streamed);
}

/// Statistics and output of row `index`, whose z is at `row` and whose sum is `sum`. `row` may equal the output row.
/// `next` is the row to prefetch, or NULL.
TSR_INLINE void layer_norm_finish(
    const struct tsr_layer_norm_f32 *block, size_t index, const float *row, float sum, const float *next,
    bool streamed) {
  const size_t columns = block->columns;
  const float count = (float)columns;
  const float mean = sum / count;
  const float variance = layer_norm_squares(row, next, columns, mean) / count;
  const float inverse_deviation = 1.0f / scalar_square_root(variance + block->epsilon);
  if (block->mean != NULL) block->mean[index] = mean;
  if (block->inverse_deviation != NULL) block->inverse_deviation[index] = inverse_deviation;

  float *output = block->output + (ptrdiff_t)index * block->output_stride;
  const vector means = vector_broadcast(mean), inverse_deviations = vector_broadcast(inverse_deviation);
  size_t column = 0;
  for (; columns - column >= LAYER_NORM_STEP; column += LAYER_NORM_STEP) {
#pragma clang loop unroll(full)
    for (size_t part = 0; part < LAYER_NORM_STEP; part += VECTOR_LANES) {
      layer_norm_map(block, row, output, column + part, VECTOR_LANES, means, inverse_deviations, streamed);
    }
  }
  for (; column < columns; column += VECTOR_LANES) {
    layer_norm_map(block, row, output, column, columns_here(columns - column), means, inverse_deviations, streamed);
  }
}
