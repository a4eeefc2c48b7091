#ifndef TSR_NORMALIZATION_GRADIENT_H
#define TSR_NORMALIZATION_GRADIENT_H

#include <stdbool.h>

#include "tsr_dropout.h"

/// A block of rows for the gradient of what a norm normalises, and of what went through dropout into it.
///
///   x[r][c] = (sum[r][c] - mean_r) * inverse_deviation_r             layer norm's normalised value
///   x[r][c] = sum[r][c] * inverse_deviation_r                        RMS norm's
///   g[r][c] = output_gradient[r][c] * weight[c]
///   tsr_f32_layer_norm_gradient:
///   residual_gradient[r][c] = inverse_deviation_r * (g - mean_c(g) - x * mean_c(g * x)) + sum_gradient[r][c]
///   tsr_f32_rms_norm_gradient:
///   residual_gradient[r][c] = inverse_deviation_r * (g - x * mean_c(g * x)) + sum_gradient[r][c]
///   both:
///   input_gradient[r][c] = kept ? residual_gradient[r][c] * keep_scale : 0
/// Dropout as in tsr_elementwise.h; `dropout.threshold` 0 means no dropout. A row is read twice, the second time out of
/// the cache that the first pass filled.
/// Strides are in elements between rows, those of what is read any; columns are contiguous, and rows of what is written
/// may not overlap. `residual_gradient` may equal `output_gradient` exactly; the outputs overlap nothing else. With 0
/// columns nothing is read or written.
struct tsr_normalization_gradient_f32 {
  size_t rows, columns;
  const float *output_gradient;
  ptrdiff_t output_gradient_stride;
  const float *sum;
  ptrdiff_t sum_stride;
  const float *mean;               ///< rows values, of layer norm
  const float *inverse_deviation;  ///< rows values
  const float *weight;             ///< columns values
  const float *sum_gradient;       ///< what reaches the sum on another way; NULL: nothing is added
  ptrdiff_t sum_gradient_stride;
  float *residual_gradient;
  ptrdiff_t residual_gradient_stride;
  float *input_gradient;           ///< NULL when it is not wanted
  ptrdiff_t input_gradient_stride;
  struct tsr_dropout dropout;
  bool streaming;                  ///< ask for non-temporal stores; honoured where the rows of both outputs are aligned
};

/// A block of rows for the gradients of a norm's parameters: sums over rows.
///
///   gradient_sum[r][c] = output_gradient[r][c] + second_gradient[r][c]     output_gradient itself without a second one
///   weight_gradient[c] = sum_r gradient_sum[r][c] * x[r][c],  x as above
///   shift_gradient[c] = sum_r gradient_sum[r][c]                           of layer norm
///   bias_gradient[c] = sum_r input_gradient[r][c]                          with a second gradient
/// Sums are those of this block: what they held is lost. Rows are added one after the other, so that a block's bits
/// follow from its rows alone. One pass. Strides as above. `gradient_sum` may equal `output_gradient` or
/// `second_gradient` exactly; what is written overlaps nothing else.
struct tsr_normalization_parameter_gradients_f32 {
  size_t rows, columns;
  const float *output_gradient;
  ptrdiff_t output_gradient_stride;
  const float *second_gradient;    ///< NULL: the four members that go with it are not used
  ptrdiff_t second_gradient_stride;
  float *gradient_sum;
  ptrdiff_t gradient_sum_stride;
  const float *input_gradient;
  ptrdiff_t input_gradient_stride;
  float *bias_gradient;            ///< columns floats, 64-byte aligned
  const float *sum;
  ptrdiff_t sum_stride;
  const float *mean;               ///< rows values, of layer norm
  const float *inverse_deviation;  ///< rows values
  float *weight_gradient;          ///< columns floats, 64-byte aligned
  float *shift_gradient;           ///< columns floats, 64-byte aligned; of layer norm
  bool streaming;                  ///< ask for non-temporal stores; honoured where rows of `gradient_sum` are aligned
};

typedef void (*tsr_f32_normalization_gradient_kernel)(const struct tsr_normalization_gradient_f32 *block);
typedef void (*tsr_f32_normalization_parameter_gradients_kernel)(
    const struct tsr_normalization_parameter_gradients_f32 *block);

/// The family for one instruction set.
struct tsr_normalization_gradient_kernels {
  tsr_f32_normalization_gradient_kernel layer_norm_gradient, rms_norm_gradient;
  tsr_f32_normalization_parameter_gradients_kernel layer_norm_parameter_gradients, rms_norm_parameter_gradients;
};

#if defined(__x86_64__)
extern const struct tsr_normalization_gradient_kernels tsr_normalization_gradient_kernels__avx2;
extern const struct tsr_normalization_gradient_kernels tsr_normalization_gradient_kernels__avx512;
#endif

#endif
