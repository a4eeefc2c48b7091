#ifndef TSR_ELEMENTWISE_GRADIENT_H
#define TSR_ELEMENTWISE_GRADIENT_H

#include <stdbool.h>

#include "tsr_dropout.h"

/// A block of rows for the gradient of bias, activation and dropout, in one plane.
///
///   relu_gradient        input_gradient[r][c] = saved[r][c] > 0 ? output_gradient[r][c] * keep_scale : 0
///                        where `saved` is the forward call's output, whose zeros are those of what was dropped, too
///   act_gradient         input_gradient[r][c] = kept ? output_gradient[r][c] * keep_scale * act'(x) : 0
///                        x = saved[r][c] + bias[c], where `saved` is the forward call's input;
///                        act: gelu, gelu_tanh, silu
///   both                 bias_gradient[c] = sum_r input_gradient[r][c], where it is not NULL
/// Dropout as in tsr_elementwise.h; `dropout.threshold` 0 means no dropout, and a scale of 1. Where nothing is kept the
/// gradient is 0. A dropped element's is 0 whatever it held. Errors of derivatives: src/math/activation_derivative.h.
/// `bias_gradient` is this block's sum, added up row by row: what it held is lost. Strides are in elements between
/// rows, those of what is read any; columns are contiguous, and rows of `input_gradient` may not overlap; it may equal
/// `output_gradient` or `saved` exactly. One pass.
struct tsr_activation_gradient_f32 {
  size_t rows, columns;
  const float *output_gradient;
  ptrdiff_t output_gradient_stride;
  const float *saved;
  ptrdiff_t saved_stride;
  const float *bias;       ///< columns values; not used by relu_gradient
  float *input_gradient;
  ptrdiff_t input_gradient_stride;
  float *bias_gradient;    ///< columns floats, 64-byte aligned; NULL where nobody asks for the sums
  struct tsr_dropout dropout;
  uint32_t dropout_block;  ///< which block of 8 columns of the dropout's row begins at column 0
  bool streaming;          ///< ask for non-temporal stores; honoured where rows of `input_gradient` are aligned
};

/// A block of rows for the gradient of an activation's gate.
///
///   relu_gate_gradient   gate_gradient[r][c] = gate[r][c] > 0 ? output_gradient[r][c] * up[r][c] : 0
///   act_gate_gradient    gate_gradient[r][c] = output_gradient[r][c] * up[r][c] * act'(gate[r][c])
///   both                 up_gradient[r][c] = output_gradient[r][c] * act(gate[r][c])
///                        act: relu; gelu, gelu_tanh, silu
/// Products round in that order. Errors: src/math/activation.h and activation_derivative.h. Strides are in elements
/// between rows, those of what is read any; columns are contiguous, and rows of what is written may not overlap.
/// `gate_gradient` may equal `gate` exactly, and `up_gradient` `up`; the two share nothing. One pass.
struct tsr_gate_gradient_f32 {
  size_t rows, columns;
  const float *output_gradient;
  ptrdiff_t output_gradient_stride;
  const float *gate;
  ptrdiff_t gate_stride;
  const float *up;
  ptrdiff_t up_stride;
  float *gate_gradient;
  ptrdiff_t gate_gradient_stride;
  float *up_gradient;
  ptrdiff_t up_gradient_stride;
  bool streaming;          ///< ask for non-temporal stores; honoured where rows of both gradients are aligned
};

/// sums[c] = sum_r input[r][c], a few rows at a time.
struct tsr_column_sums_f32 {
  size_t rows, columns;
  const float *input;
  ptrdiff_t input_stride;
  float *sums;             ///< columns floats, 64-byte aligned
};

/// Rows of a matrix that are added up one after the other, for one row of a table's gradient.
///
///   output[c] = input[order[0]][c] + input[order[1]][c] + ..., begun with output[c] where `accumulates`
///
/// In this order, each sum rounded, whatever the number of rows; without rows 0, or what is there. `output` overlaps
/// nothing that is read. Rows are taken eight at a time.
struct tsr_ordered_row_sum_f32 {
  size_t rows, columns;
  const float *input;
  ptrdiff_t input_stride;  ///< any
  const ptrdiff_t *order;  ///< which row of `input` comes next: rows values
  float *output;           ///< columns floats
  bool accumulates;
  bool streaming;          ///< ask for non-temporal stores; honoured where `output` is aligned to the vector, there are
                           ///< at most eight rows and nothing is added to. The caller fences
};

typedef void (*tsr_f32_activation_gradient_kernel)(const struct tsr_activation_gradient_f32 *block);
typedef void (*tsr_f32_gate_gradient_kernel)(const struct tsr_gate_gradient_f32 *block);
typedef void (*tsr_f32_column_sums_kernel)(const struct tsr_column_sums_f32 *block);
typedef void (*tsr_f32_ordered_row_sum_kernel)(const struct tsr_ordered_row_sum_f32 *block);

/// The family for one instruction set.
struct tsr_elementwise_gradient_kernels {
  tsr_f32_activation_gradient_kernel relu_gradient, gelu_gradient, gelu_tanh_gradient, silu_gradient;
  tsr_f32_gate_gradient_kernel relu_gate_gradient, gelu_gate_gradient, gelu_tanh_gate_gradient, silu_gate_gradient;
  tsr_f32_column_sums_kernel column_sums;
  tsr_f32_ordered_row_sum_kernel ordered_row_sum;
};

#if defined(__x86_64__)
extern const struct tsr_elementwise_gradient_kernels tsr_elementwise_gradient_kernels__avx2;
extern const struct tsr_elementwise_gradient_kernels tsr_elementwise_gradient_kernels__avx512;
#endif

#endif
