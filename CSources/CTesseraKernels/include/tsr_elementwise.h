#ifndef TSR_ELEMENTWISE_H
#define TSR_ELEMENTWISE_H

#include <stdbool.h>

#include "tsr_dropout.h"

/// The stages, in the order in which they run; at most one activation among them.
enum {
  TSR_STAGE_SCALE = 1 << 0,
  TSR_STAGE_BIAS = 1 << 1,
  TSR_STAGE_RELU = 1 << 2,
  TSR_STAGE_GELU = 1 << 3,
  TSR_STAGE_GELU_TANH = 1 << 4,
  TSR_STAGE_SILU = 1 << 5,
  TSR_STAGE_GATE = 1 << 6,
  TSR_STAGE_DROPOUT = 1 << 7,
  TSR_STAGE_RESIDUAL = 1 << 8,
};

/// A block of rows for one element-wise kernel: output[r][c] = stages(input[r][c]).
///
/// The stages that a kernel applies are in its name and run in this order:
///   scale     x * scale
///   bias      x + bias[c]
///   relu      x > 0 ? x : 0, except that NaN stays NaN
///   gelu      x (1 + erf(x / sqrt(2))) / 2
///   gelu_tanh x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
///   silu      x / (1 + exp(-x))
///             (of these three inf gives inf, -inf 0, NaN stays NaN; errors in docs/numerics.md)
///   gate      x * up[r][c]
///   dropout   kept ? x * keep_scale : 0   (a dropped NaN or infinity becomes 0)
///   residual  x + residual[r][c]
/// Strides are in elements between rows and may be any value for what is read; columns are contiguous, and rows of
/// `output` may not overlap.
/// `output` may equal `input`, `up` or `residual` exactly (same pointer and stride) and may not overlap anything else.
/// Nothing outside the named rows and columns is read or written. Pointers that a kernel's stages
/// do not use are not read.
struct tsr_elementwise_f32 {
  size_t rows, columns;
  const float *input;
  ptrdiff_t input_stride;
  float *output;
  ptrdiff_t output_stride;
  const float *bias;      ///< columns values
  const float *up;
  ptrdiff_t up_stride;
  const float *residual;
  ptrdiff_t residual_stride;
  uint8_t *mask;          ///< 1 kept, 0 dropped; written by dropout, NULL when it is not wanted
  ptrdiff_t mask_stride;  ///< in bytes; its rows may not overlap
  float scale;
  struct tsr_dropout dropout;
  uint32_t dropout_block; ///< which block of 8 columns of the dropout's row begins at column 0
  bool streaming;         ///< ask for non-temporal stores; honoured where output (or mask) rows are vector-aligned
};

typedef void (*tsr_f32_elementwise_kernel)(const struct tsr_elementwise_f32 *block);

/// A kernel and the stages that it applies, a set of `TSR_STAGE_...`.
struct tsr_elementwise_kernel {
  int stages;
  tsr_f32_elementwise_kernel kernel;
};

/// The family for one instruction set.
struct tsr_elementwise_kernels {
  size_t count;
  const struct tsr_elementwise_kernel *kernels;
};

#if defined(__x86_64__)
extern const struct tsr_elementwise_kernels tsr_elementwise_kernels__avx2;
extern const struct tsr_elementwise_kernels tsr_elementwise_kernels__avx512;
#endif

#endif
