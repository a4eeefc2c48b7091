#ifndef TSR_SCALED_MASKED_SOFTMAX_DROPOUT_H
#define TSR_SCALED_MASKED_SOFTMAX_DROPOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "tsr_dropout.h"

/// A block of rows of stored attention scores, made into what the values are multiplied with.
///
///   p[r][c] = exp(scale * input[r][c] - m_r) / sum_c exp(scale * input[r][c] - m_r),  m_r = max_c scale * input[r][c]
///             over the columns that row r sees, and exactly 0 in the others, whatever input holds there
///   probabilities[r][c] = p[r][c]
///   output[r][c] = kept ? p[r][c] * keep_scale : 0
/// Row r sees the columns from first + r * first_step up to, not including, last + r * last_step, cut to those that
/// there are; none where that is empty. Scores that are not seen are not read, except by prefetches.
/// A row that sees nothing, or nothing but scale * input = -inf, gives zeros; one that sees NaN or scale * input = inf
/// gives p = NaN wherever it sees, and 0 in `output` where that is dropped.
/// Strides are in elements between rows, that of `input` any; columns are contiguous, and rows that are written may not
/// overlap. `output` may equal `input` exactly; `probabilities` and `scratch` overlap nothing. A block lies in one
/// plane.
struct tsr_scaled_masked_softmax_dropout_f32 {
  size_t rows, columns;
  const float *input;
  ptrdiff_t input_stride;
  float scale;                 ///< finite, negative too, and so is scale * log2(e)
  ptrdiff_t first, last;       ///< what the block's first row sees; may lie outside the columns
  ptrdiff_t first_step, last_step;
  float *output;
  ptrdiff_t output_stride;
  float *probabilities;        ///< p, kept for backward; NULL when it is not wanted
  ptrdiff_t probabilities_stride;
  struct tsr_dropout dropout;  ///< threshold 0: no dropout
  float *scratch;              ///< `columns` floats of the worker's own, 64-byte aligned; undefined before and after
  bool streaming;              ///< ask for non-temporal stores; honoured where all written rows are vector-aligned
};

typedef void (*tsr_f32_scaled_masked_softmax_dropout_kernel)(const struct tsr_scaled_masked_softmax_dropout_f32 *block);

#endif
