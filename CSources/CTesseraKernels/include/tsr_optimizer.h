#ifndef TSR_OPTIMIZER_H
#define TSR_OPTIMIZER_H

#include <stddef.h>

/// A block of rows for a step of AdamW.
///
///   g = gradient_scale * gradients[r][c]
///   first_moments[r][c]  = first_decay * earlier_first_moments[r][c] + first_rest * g
///   second_moments[r][c] = second_decay * earlier_second_moments[r][c] + second_rest * (g * g)
///   parameters[r][c]     = decay * earlier_parameters[r][c]
///                          - rate * (first_moments[r][c] / (root_scale * sqrt(second_moments[r][c]) + epsilon))
/// Each line's product and sum round once, products before that by themselves. Strides are in elements between rows,
/// those of what is read any; columns are contiguous, and rows of what is written may not overlap. Each of the three
/// that are written may equal its earlier one exactly, and overlaps nothing else. One pass.
struct tsr_adamw_f32 {
  size_t rows, columns;
  const float *earlier_parameters;
  ptrdiff_t earlier_parameters_stride;
  const float *gradients;
  ptrdiff_t gradients_stride;
  const float *earlier_first_moments;
  ptrdiff_t earlier_first_moments_stride;
  const float *earlier_second_moments;
  ptrdiff_t earlier_second_moments_stride;
  float *parameters;
  ptrdiff_t parameters_stride;
  float *first_moments;
  ptrdiff_t first_moments_stride;
  float *second_moments;
  ptrdiff_t second_moments_stride;
  float gradient_scale;
  float first_decay, first_rest;    ///< first_rest is 1 - first_decay
  float second_decay, second_rest;  ///< second_rest is 1 - second_decay
  float root_scale;                 ///< 1 / sqrt(1 - second_decay^step)
  float epsilon;
  float rate;                       ///< learning rate / (1 - first_decay^step)
  float decay;                      ///< 1 - learning rate * weight decay
};

/// Sums of squares in double precision: sums[i] = sum of input[r][c]^2 over all rows and the columns c with
/// c mod 32 = i, row after row, each square exact and each sum rounded once, in every variant alike. What `sums` held
/// is lost. The stride is in elements between rows, any; columns are contiguous. One pass.
enum { TSR_SQUARE_LANES = 32 };
struct tsr_sum_of_squares_f32 {
  size_t rows, columns;
  const float *input;
  ptrdiff_t input_stride;
  double *sums;  ///< TSR_SQUARE_LANES of them
};

typedef void (*tsr_f32_adamw_kernel)(const struct tsr_adamw_f32 *block);
typedef void (*tsr_f32_sum_of_squares_kernel)(const struct tsr_sum_of_squares_f32 *block);

/// The family for one instruction set.
struct tsr_optimizer_kernels {
  tsr_f32_adamw_kernel adamw;
  tsr_f32_sum_of_squares_kernel sum_of_squares;
};

#if defined(__x86_64__)
extern const struct tsr_optimizer_kernels tsr_optimizer_kernels__avx2;
extern const struct tsr_optimizer_kernels tsr_optimizer_kernels__avx512;
#endif

#endif
