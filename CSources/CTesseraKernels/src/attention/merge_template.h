// Merging the rows of two parts (tsr_attention.h), written once. Include after scores_row_template.h.
#include "../math/exp2.h"
#include "../math/logarithm.h"

/// What the outputs of two parts are multiplied by in the rows that go together; below 0 where a part is not read.
struct merge_weights {
  float first[VECTOR_LANES], second[VECTOR_LANES];
};

/// exp(least - greatest), the difference taken exactly, to 1 ulp down to the subnormal numbers: small weights may be of
/// a part that is all there is. NaN stays NaN.
TSR_INLINE vector merge_exponential(vector greatest, vector least) {
  // difference + difference_rest is exact (Knuth's two-sum).
  const vector difference = greatest - least, taken = difference - greatest;
  const vector difference_rest = (greatest - (difference - taken)) - (least + taken);
  // Beyond it the result is 0, and where the difference is infinite there is no rest.
  const vector most = vector_broadcast(110.0f);
  const vector bounded = vector_min(most, difference);
  const vector rest = vector_keep(vector_not_less(most, difference), difference_rest);
  const vector_power n = vector_nearest_power(bounded * vector_broadcast(-LOG2_E));
  vector r = vector_fma(bounded, vector_broadcast(-LOG2_E), -vector_power_exponent(n));
  r = vector_fma(bounded, vector_broadcast(-LOG2_E_REST), r);
  r = vector_fma(rest, vector_broadcast(-LOG2_E), r);
  return vector_times_small_power(vector_fma(vector_exp2_quotient(r), r, vector_broadcast(1.0f)), n, -126.0f);
}

/// Stores the log-sum-exps of `count` rows from `row` on, and returns their weights.
TSR_INLINE struct merge_weights merge_begin(const struct tsr_attention_merge_f32 *block, size_t row, size_t count) {
  const vector first = columns_load(block->first_log_sum_exp + row, count);
  const vector second = columns_load(block->second_log_sum_exp + row, count);
  const vector_lanes first_is_greatest = vector_not_less(first, second);
  const vector greatest = vector_select(first_is_greatest, first, second);
  const vector least = vector_select(first_is_greatest, second, first);
  // The greater is e^0 = 1. NaN shows in the difference; of +inf the difference with itself makes one.
  const vector lesser = merge_exponential(greatest, least) + (greatest - greatest);
  const vector log_sum_exp = vector_add_logarithm_of_1_plus(greatest, lesser);
  const vector one = vector_broadcast(1.0f), lowest = vector_broadcast(-FLT_MAX), unread = vector_broadcast(-1.0f);
  const vector total = one + lesser, most = one / total, rest = lesser / total;
  const vector_lanes first_is_read = vector_not_less(first, lowest), second_is_read = vector_not_less(second, lowest);
  const vector first_weight = vector_select(first_is_greatest, most, rest);
  const vector second_weight = vector_select(first_is_greatest, rest, most);
  struct merge_weights weights;
  vector_store(weights.first, vector_select(first_is_read, first_weight, unread));
  vector_store(weights.second, vector_select(second_is_read, second_weight, unread));
  const vector_lanes is_read = first_is_read | second_is_read;
  columns_store(block->log_sum_exp + row, count, vector_select(is_read, log_sum_exp, greatest), false);
  return weights;
}

/// `vectors`, a constant, vectors, of which the last holds `count` columns.
TSR_INLINE void merge_step(
    const float *first, const float *second, const vector weights[2], float *output, size_t vectors, size_t count,
    bool streamed) {
#pragma clang loop unroll(full)
  for (size_t index = 0; index < vectors; index++) {
    const size_t here = index * VECTOR_LANES;
    const vector product = columns_load(first + here, count) * weights[0];
    columns_store(
        output + here, count, vector_fma(columns_load(second + here, count), weights[1], product), streamed);
  }
}

enum { MERGE_UNROLL = 4, MERGE_STEP = MERGE_UNROLL * VECTOR_LANES };

/// Floats of a part that are asked for ahead of their use, in whole rows: both parts take a quarter of a small
/// first-level cache (32 KiB). Memory would be idle while weights are computed.
enum { MERGE_AHEAD = 1024 };

/// `bytes` further, of unsigned numbers, because a single row may have any stride.
TSR_INLINE const float *merge_ahead(const float *from, uintptr_t bytes) {
  return (const float *)((uintptr_t)from + bytes);
}

/// One row; `ahead` bytes after each part's begins the row to ask for.
TSR_INLINE void merge_row(
    size_t columns, const float *first, const float *second, float first_weight, float second_weight, float *output,
    const uintptr_t ahead[2], bool streamed) {
  if (first_weight < 0.0f && second_weight < 0.0f) {
    for (size_t column = 0; column < columns; column++) output[column] = 0.0f;
    return;
  }
  if (first_weight < 0.0f || second_weight < 0.0f) {
    // By 1, which copies the bits, or by NaN.
    const bool is_second = first_weight < 0.0f;
    attention_scale(
        columns, is_second ? second_weight : first_weight, is_second ? second : first, output, streamed);
    return;
  }
  const vector weights[2] = {vector_broadcast(first_weight), vector_broadcast(second_weight)};
  size_t column = 0;
  for (; columns - column >= MERGE_STEP; column += MERGE_STEP) {
    if (column < MERGE_AHEAD) {
#pragma clang loop unroll(full)
      for (size_t line = 0; line < MERGE_STEP; line += FLOATS_PER_CACHE_LINE) {
        vector_prefetch(merge_ahead(first + column + line, ahead[0]));
        vector_prefetch(merge_ahead(second + column + line, ahead[1]));
      }
    }
    merge_step(first + column, second + column, weights, output + column, MERGE_UNROLL, VECTOR_LANES, streamed);
  }
  for (; column < columns; column += VECTOR_LANES) {
    merge_step(first + column, second + column, weights, output + column, 1, columns_here(columns - column), streamed);
  }
}

TSR_INLINE void merge_rows(const struct tsr_attention_merge_f32 *rows, bool streamed) {
  const struct tsr_attention_merge_f32 block = *rows;  // a copy, which no store can be thought to change
  const size_t rows_ahead = block.columns > 0 && block.columns < MERGE_AHEAD ? MERGE_AHEAD / block.columns : 1;
  const uintptr_t bytes_ahead = rows_ahead * sizeof(float);
  const uintptr_t ahead[2] = {
      bytes_ahead * (uintptr_t)block.first_stride, bytes_ahead * (uintptr_t)block.second_stride};
  for (size_t begin = 0; begin < block.rows; begin += VECTOR_LANES) {
    const size_t count = columns_here(block.rows - begin);
    const struct merge_weights weights = merge_begin(&block, begin, count);
    // Rows without columns need not exist.
    if (block.columns == 0) continue;
    for (size_t index = 0; index < count; index++) {
      const ptrdiff_t row = (ptrdiff_t)(begin + index);
      merge_row(
          block.columns, block.first + row * block.first_stride, block.second + row * block.second_stride,
          weights.first[index], weights.second[index], block.output + row * block.output_stride, ahead, streamed);
    }
  }
}

static void tsr_f32_attention_merge(const struct tsr_attention_merge_f32 *rows) {
  if (rows->streaming && columns_aligned(rows->output, (uintptr_t)rows->output_stride * sizeof(float))) {
    merge_rows(rows, true);
  } else {
    merge_rows(rows, false);
  }
}
