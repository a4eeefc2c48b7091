#ifndef TSR_SOFTMAX_GRADIENT_H
#define TSR_SOFTMAX_GRADIENT_H

#include <stdbool.h>

#include "tsr_dropout.h"

/// A block of rows, in one plane, for the gradient of scale, mask, softmax and dropout over stored probabilities.
///
///   t[r][c] = kept ? output_gradient[r][c] * keep_scale : 0
///   input_gradient[r][c] = scale * p[r][c] * (t[r][c] - sum_c p[r] * t[r]),  p = probabilities
/// Where p is not above 0 and not NaN, as in columns that a row does not see, the gradient is 0 and that of the output
/// is not used. Dropout as in tsr_elementwise.h; `dropout.threshold` 0 means no dropout. `output_gradient` is read once
/// where there is dropout, and t held in `scratch`; else twice, like `probabilities`, the second time out of the cache.
/// Strides are in elements between rows, those of what is read any; columns are contiguous, and rows of
/// `input_gradient` may not overlap; it may equal one of the other two exactly.
struct tsr_softmax_gradient_f32 {
  size_t rows, columns;
  const float *output_gradient;
  ptrdiff_t output_gradient_stride;
  const float *probabilities;
  ptrdiff_t probabilities_stride;
  float *input_gradient;
  ptrdiff_t input_gradient_stride;
  float *scratch;  ///< `columns` floats of the worker's own, 64-byte aligned; not used without dropout
  float scale;
  struct tsr_dropout dropout;
  bool streaming;  ///< ask for non-temporal stores; honoured where rows of `input_gradient` are aligned
};

typedef void (*tsr_f32_softmax_gradient_kernel)(const struct tsr_softmax_gradient_f32 *block);

/// The family for one instruction set.
struct tsr_softmax_gradient_kernels {
  tsr_f32_softmax_gradient_kernel softmax_gradient;
};

#if defined(__x86_64__)
extern const struct tsr_softmax_gradient_kernels tsr_softmax_gradient_kernels__avx2;
extern const struct tsr_softmax_gradient_kernels tsr_softmax_gradient_kernels__avx512;
#endif

#endif
