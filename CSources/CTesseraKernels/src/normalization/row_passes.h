// The passes over one row that the kernels of tsr_normalization.h share. `centred`, a constant, tells layer norm, whose
// deviation is that from the mean, from RMS norm, whose deviation is that from 0. Include after an instruction-set
// layer and a words_*.h.
#include "../isa/columns.h"
#include "../philox/stream.h"

/// Vectors taken in one go, each with an accumulator of its own: that hides the latency of the additions and shortens
/// the chains in which rounding errors grow. It is also what a dropout step covers.
enum { NORM_UNROLL = 4, NORM_STEP = NORM_UNROLL * VECTOR_LANES };
_Static_assert((int)PHILOX_STEP == (int)NORM_STEP, "a dropout step is the unrolled loop's");

struct norm_sums {
  vector part[NORM_UNROLL];
};

TSR_INLINE float norm_total(const struct norm_sums *sums) {
  return vector_sum((sums->part[0] + sums->part[1]) + (sums->part[2] + sums->part[3]));
}

/// What the first pass adds of x: x itself for the mean, or its square.
TSR_INLINE vector norm_add(vector sum, vector x, bool centred) { return centred ? sum + x : vector_fma(x, x, sum); }

/// sum_c row[c], or sum_c row[c]^2
TSR_INLINE float norm_sum(const float *row, size_t columns, bool centred) {
  struct norm_sums sums = {0};
  size_t column = 0;
  for (; columns - column >= NORM_STEP; column += NORM_STEP) {
#pragma clang loop unroll(full)
    for (int index = 0; index < NORM_UNROLL; ++index) {
      const vector x = vector_load(row + column + (size_t)index * VECTOR_LANES);
      sums.part[index] = norm_add(sums.part[index], x, centred);
    }
  }
#pragma clang loop unroll(full)
  for (int index = 0; index < NORM_UNROLL; ++index) {
    if (column < columns) {
      // Lanes past the row come out as 0, so they add nothing.
      const size_t count = columns_here(columns - column);
      sums.part[index] = norm_add(sums.part[index], columns_load(row + column, count), centred);
      column += count;
    }
  }
  return norm_total(&sums);
}

/// sum_c (row[c] - mean)^2
TSR_INLINE float norm_squares(const float *row, const float *next, size_t columns, float mean) {
  const vector centre = vector_broadcast(mean);
  struct norm_sums sums = {0};
  size_t column = 0;
  for (; columns - column >= NORM_STEP; column += NORM_STEP) {
    columns_prefetch(next, column, NORM_STEP);
#pragma clang loop unroll(full)
    for (int index = 0; index < NORM_UNROLL; ++index) {
      const vector x = vector_load(row + column + (size_t)index * VECTOR_LANES) - centre;
      sums.part[index] = vector_fma(x, x, sums.part[index]);
    }
  }
#pragma clang loop unroll(full)
  for (int index = 0; index < NORM_UNROLL; ++index) {
    if (column < columns) {
      const size_t count = columns_here(columns - column);
      const vector x = vector_keep(vector_first_lanes(count), columns_load(row + column, count) - centre);
      sums.part[index] = vector_fma(x, x, sums.part[index]);
      column += count;
    }
  }
  return norm_total(&sums);
}

/// output[c] = (row[c] - mean) * inverse_deviation * weight[c] + shift[c] for `count` columns from `column`; without
/// mean and shift where not `centred`.
TSR_INLINE void norm_map(
    const struct tsr_normalization_f32 *block, const float *row, float *output, size_t column, size_t count,
    vector mean, vector inverse_deviation, bool centred, bool streamed) {
  const vector x = columns_load(row + column, count);
  const vector weight = columns_load(block->weight + column, count);
  if (centred) {
    const vector shift = columns_load(block->shift + column, count);
    columns_store(output + column, count, vector_fma((x - mean) * inverse_deviation, weight, shift), streamed);
  } else {
    columns_store(output + column, count, x * inverse_deviation * weight, streamed);
  }
}

/// Rows to prefetch while the passes after the first, whose row is in cache, leave memory idle; NULL: none.
struct norm_ahead {
  const float *in_squares;  ///< of layer norm
  const float *in_map;
};

/// Statistics and output of row `index`, whose z is at `row` and whose `norm_sum` is `sum`. `row` may equal the output
/// row.
TSR_INLINE void norm_finish(
    const struct tsr_normalization_f32 *block, size_t index, const float *row, float sum, struct norm_ahead ahead,
    bool centred, bool streamed) {
  const size_t columns = block->columns;
  const float count = (float)columns;
  const float mean = centred ? sum / count : 0.0f;
  const float variance = centred ? norm_squares(row, ahead.in_squares, columns, mean) / count : sum / count;
  const float inverse_deviation = 1.0f / scalar_square_root(variance + block->epsilon);
  if (centred && block->mean != NULL) block->mean[index] = mean;
  if (block->inverse_deviation != NULL) block->inverse_deviation[index] = inverse_deviation;

  float *output = block->output + (ptrdiff_t)index * block->output_stride;
  const vector means = vector_broadcast(mean), inverse_deviations = vector_broadcast(inverse_deviation);
  size_t column = 0;
  for (; columns - column >= NORM_STEP; column += NORM_STEP) {
    columns_prefetch(ahead.in_map, column, NORM_STEP);
#pragma clang loop unroll(full)
    for (size_t part = 0; part < NORM_STEP; part += VECTOR_LANES) {
      norm_map(block, row, output, column + part, VECTOR_LANES, means, inverse_deviations, centred, streamed);
    }
  }
  for (; column < columns; column += VECTOR_LANES) {
    const size_t rest = columns_here(columns - column);
    norm_map(block, row, output, column, rest, means, inverse_deviations, centred, streamed);
  }
}
