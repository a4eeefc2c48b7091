#ifndef TSR_STORED_H
#define TSR_STORED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// How weights are stored: the numbers are those of `ElementType`, which says what each format means.
enum tsr_stored_type {
  TSR_STORED_F32 = 0,
  TSR_STORED_F16 = 1,
  TSR_STORED_Q4_0 = 2,
  TSR_STORED_Q4_1 = 3,
  TSR_STORED_Q5_0 = 6,
  TSR_STORED_Q5_1 = 7,
  TSR_STORED_Q8_0 = 8,
  TSR_STORED_Q2_K = 10,
  TSR_STORED_Q3_K = 11,
  TSR_STORED_Q4_K = 12,
  TSR_STORED_Q5_K = 13,
  TSR_STORED_Q6_K = 14,
  TSR_STORED_BF16 = 30,
};

/// output[i] = the i-th of `count` stored elements, which are whole blocks. `stored` at any alignment; `output` is
/// apart from it. Rounded at most once, where a minimum is added, so that every variant writes the same bits.
struct tsr_dequantize_f32 {
  enum tsr_stored_type type;
  size_t count;
  const uint8_t *stored;
  float *output;
};

/// output[r][c] = sum_k input[r][k] * weight[c][k], or that added to what output holds with `accumulate`.
///
/// input: rows x depth, `input_stride` elements between rows, or as tsr_stored_arrange_f32 makes them. weight: columns
/// rows of `depth` stored elements, whole blocks, one row after the other at any alignment. output: rows x columns,
/// `output_stride` elements between rows; overlaps nothing that is read. Weights are read once for all rows. A sum
/// depends neither on which columns nor on which other rows the call has: products are added in lanes over k in
/// ascending order, then the lanes; of arranged inputs in the order of nibbles_avx512.h. depth 0 gives sums of 0.
struct tsr_stored_linear_f32 {
  enum tsr_stored_type type;
  size_t rows, columns, depth;
  const float *input;
  ptrdiff_t input_stride;
  const uint8_t *weight;
  float *output;
  ptrdiff_t output_stride;
  bool accumulate;
};

/// Brings `rows` rows of `depth` inputs, `input_stride` elements apart, into the order in which the variant's map
/// multiplies weights of a type. A row takes as many floats as `arranged_count` says, one row after the other, apart
/// from the input; where that is 0 the map reads inputs where they lie, and this is not called.
struct tsr_stored_arrange_f32 {
  enum tsr_stored_type type;
  size_t rows, depth;
  const float *input;
  ptrdiff_t input_stride;
  float *arranged;
};

typedef void (*tsr_f32_dequantize_kernel)(const struct tsr_dequantize_f32 *call);
typedef void (*tsr_f32_stored_linear_kernel)(const struct tsr_stored_linear_f32 *call);
typedef void (*tsr_f32_stored_arrange_kernel)(const struct tsr_stored_arrange_f32 *call);
/// Floats of an arranged row; 0: inputs are not arranged.
typedef size_t (*tsr_f32_stored_arranged_count_kernel)(enum tsr_stored_type type, size_t depth);

/// The family for one instruction set.
struct tsr_stored_kernels {
  tsr_f32_dequantize_kernel dequantize;
  tsr_f32_stored_linear_kernel linear;
  /// NULL where the set's linear map reads inputs of all types where they lie.
  tsr_f32_stored_arranged_count_kernel arranged_count;
  tsr_f32_stored_arrange_kernel arrange;
};

#if defined(__x86_64__)
extern const struct tsr_stored_kernels tsr_stored_kernels__avx2;
extern const struct tsr_stored_kernels tsr_stored_kernels__avx512;
#endif

#endif
