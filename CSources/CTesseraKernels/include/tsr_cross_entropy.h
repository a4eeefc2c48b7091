#ifndef TSR_CROSS_ENTROPY_H
#define TSR_CROSS_ENTROPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What is left of a row of logits z with greatest m: the loss is made of it in double precision.
struct tsr_cross_entropy_row {
  float target;       ///< m - z[target]
  float differences;  ///< sum_c (m - z[c]); 0 without smoothing
  float sum;          ///< sum_c exp(z[c] - m)
};

/// A block of rows of logits and their targets.
///
///   logits[r][c] = factor * (exp(z[c] - m) / sum - (1 - smoothing) * (c == target) - smoothing / columns)
/// where `gradients`, and anything where not. A row whose target is `ignored` becomes 0 where `gradients`, is left
/// alone where not, and leaves nothing in `results`. A row that holds NaN or +inf, or nothing but -inf, gives NaN
/// throughout. The stride is in elements between rows; columns, 1 or more, are contiguous.
/// Targets that count are columns. Two passes over a row, with smoothing three, and one more for gradients.
struct tsr_cross_entropy_f32 {
  size_t rows, columns;
  float *logits;
  ptrdiff_t logits_stride;
  const int32_t *targets;
  int32_t ignored;
  float smoothing;
  float factor;
  struct tsr_cross_entropy_row *results;
  bool gradients;
};

typedef void (*tsr_f32_cross_entropy_kernel)(const struct tsr_cross_entropy_f32 *block);

/// The family for one instruction set.
struct tsr_cross_entropy_kernels {
  tsr_f32_cross_entropy_kernel cross_entropy;
};

#if defined(__x86_64__)
extern const struct tsr_cross_entropy_kernels tsr_cross_entropy_kernels__avx2;
extern const struct tsr_cross_entropy_kernels tsr_cross_entropy_kernels__avx512;
#endif

#endif
