#ifndef TSR_SOFTMAX_H
#define TSR_SOFTMAX_H

#include <stdbool.h>
#include <stddef.h>

#include "tsr_scaled_masked_softmax_dropout.h"

/// A block of rows for softmax: output[r][c] = exp(input[r][c] - m_r) / sum_c exp(input[r][c] - m_r), m_r = max_c.
///
/// A row whose every element is -inf gives zeros. A row that holds NaN or +inf gives NaN throughout.
/// Strides are in elements between rows, that of `input` any; columns are contiguous, and rows of `output` may not
/// overlap. `output` may equal `input` exactly; `scratch` overlaps nothing.
struct tsr_softmax_f32 {
  size_t rows, columns;
  const float *input;
  ptrdiff_t input_stride;
  float *output;
  ptrdiff_t output_stride;
  float *scratch;   ///< `columns` floats of the worker's own, 64-byte aligned; contents undefined before and after
  bool streaming;   ///< ask for non-temporal stores; honoured where output rows are aligned to the vector
};

typedef void (*tsr_f32_softmax_kernel)(const struct tsr_softmax_f32 *block);

/// The family for one instruction set: softmax alone, and with what attention does to stored scores around it.
struct tsr_softmax_kernels {
  tsr_f32_softmax_kernel softmax;
  tsr_f32_scaled_masked_softmax_dropout_kernel scaled_masked_softmax_dropout;
};

#if defined(__x86_64__)
extern const struct tsr_softmax_kernels tsr_softmax_kernels__avx2;
extern const struct tsr_softmax_kernels tsr_softmax_kernels__avx512;
#endif

#endif
