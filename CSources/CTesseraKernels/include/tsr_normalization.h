#ifndef TSR_NORMALIZATION_H
#define TSR_NORMALIZATION_H

#include <stdbool.h>

#include "tsr_dropout.h"

/// A block of rows for layer norm or RMS norm, and for the kernels that fuse either with what stands before it.
///
///   z[r][c] = input[r][c]                                                     tsr_f32_layer_norm, tsr_f32_rms_norm
///   z[r][c] = dropout(input[r][c] + bias[c]) + residual[r][c]                 tsr_f32_bias_dropout_residual_layer_norm
///                                                                             tsr_f32_bias_dropout_residual_rms_norm
///   layer norm:
///   output[r][c] = (z[r][c] - mean_r) * inverse_deviation_r * weight[c] + shift[c]
///   mean_r = sum_c z / columns,  inverse_deviation_r = 1 / sqrt(sum_c (z - mean_r)^2 / columns + epsilon)
///   RMS norm, whose deviation is that from 0:
///   output[r][c] = z[r][c] * inverse_deviation_r * weight[c]
///   inverse_deviation_r = 1 / sqrt(sum_c z^2 / columns + epsilon)
/// Dropout as in tsr_elementwise.h; `dropout.threshold` 0 means no dropout. Memory is crossed once: a norm alone reads
/// a row of `input` again in each pass, out of the cache that the first pass filled; the fused kernels read `input` and
/// `residual` once and hold z in `scratch` between the passes.
/// Strides are in elements between rows, those of `input` and `residual` any; columns are contiguous, and rows of
/// `output` and `sum` may not overlap. `output` may equal `input` or `residual` exactly; `sum` may equal `residual`
/// exactly, where `output` does not; `mean`, `inverse_deviation` and `scratch` overlap nothing. With 0 columns mean is
/// 0, inverse_deviation is 1 / sqrt(epsilon), and no matrix pointer is used.
struct tsr_normalization_f32 {
  size_t rows, columns;
  const float *input;
  ptrdiff_t input_stride;
  const float *bias;            ///< columns values; NULL: nothing is added
  const float *residual;
  ptrdiff_t residual_stride;
  const float *weight;          ///< columns values
  const float *shift;           ///< columns values; of layer norm
  float *output;
  ptrdiff_t output_stride;
  float *sum;                   ///< z, of the fused kernels; NULL when it is not wanted
  ptrdiff_t sum_stride;
  float *mean;                  ///< rows values, of layer norm; NULL when not wanted
  float *inverse_deviation;     ///< rows values; NULL when not wanted
  float *scratch;               ///< `columns` floats of the worker's own, 64-byte aligned; NULL for a norm alone
  float epsilon;
  struct tsr_dropout dropout;
  bool streaming;               ///< ask for non-temporal stores; honoured where output (or sum) rows are vector-aligned
};

typedef void (*tsr_f32_normalization_kernel)(const struct tsr_normalization_f32 *block);

/// The family for one instruction set: each norm alone, and with what the layer does before it.
struct tsr_normalization_kernels {
  tsr_f32_normalization_kernel layer_norm, rms_norm;
  tsr_f32_normalization_kernel bias_dropout_residual_layer_norm, bias_dropout_residual_rms_norm;
};

#if defined(__x86_64__)
extern const struct tsr_normalization_kernels tsr_normalization_kernels__avx2;
extern const struct tsr_normalization_kernels tsr_normalization_kernels__avx512;
#endif

#endif
