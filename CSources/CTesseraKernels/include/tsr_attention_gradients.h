#ifndef TSR_ATTENTION_GRADIENTS_H
#define TSR_ATTENTION_GRADIENTS_H

#include <stddef.h>
#include <stdint.h>

#include "tsr_dropout.h"

// What attention's backward pass does to rows between its products, which are the contraction family's
// (tsr_contraction.h). A "tile" is a run of neighbouring keys. Pointers need the alignment of a float only; operands of
// one call do not overlap.

/// One row of a tile, from its scores and the gradients of its probabilities to what the products over queries take up.
///
/// With p = exp(scale * scores[c] - log_sum_exp), z = keep_scale where the dropout keeps column c and 0 where not (1
/// without dropout), and t = capped[c] / cap (0 without a cap), for first <= c < last where mask[c] is not 0:
///   scores[c] = p * z
///   softmax_gradients[c] = p * (z * gradients[c] - delta)
///   gradients[c] = p * (z * gradients[c] - delta) * (1 - t * t) * factor
/// For all other c < count scores and gradients are 0, whatever they, delta and log_sum_exp held. Of the softmax's
/// gradients what the mask hides is 0, and what lies before `first` and from `last` on is anything. NaN stays NaN, also
/// where it is dropped. exp(-inf) = 0; where the exponent is above 88 p is anything.
struct tsr_attention_score_gradients_f32 {
  size_t count;         ///< columns of the tile
  size_t first, last;   ///< the visible ones: first <= last <= count
  float scale, log_sum_exp, delta, factor;
  float *scores;        ///< count; in and out
  float *gradients;     ///< count; in: of the probabilities after dropout; out: of the scores
  float *softmax_gradients;  ///< count; out: of the scores as the softmax takes them; NULL: not wanted
  const float *capped;  ///< count scores as the softcap left them; NULL: none
  float cap;            ///< above 0
  const uint8_t *mask;  ///< count bytes, 0 hides; NULL: none
  const struct tsr_dropout *dropout;  ///< of this row; NULL: none
  uint32_t column;      ///< where column 0 of the tile stands in the dropout's row; a multiple of 8
};
typedef void (*tsr_f32_attention_score_gradients_kernel)(
    size_t count, const struct tsr_attention_score_gradients_f32 *rows);

/// products[r] = sum_c left[r * left_stride + c] * right[r * right_stride + c], r < rows, c < columns.
struct tsr_attention_row_products_f32 {
  size_t rows, columns;
  const float *left, *right;
  ptrdiff_t left_stride, right_stride;  ///< elements; any, 0 and negative too
  float *products;                      ///< rows
};
typedef void (*tsr_f32_attention_row_products_kernel)(const struct tsr_attention_row_products_f32 *rows);

/// The family for one instruction set.
struct tsr_attention_gradient_kernels {
  tsr_f32_attention_score_gradients_kernel score_gradients;
  tsr_f32_attention_row_products_kernel row_products;
};

#if defined(__x86_64__)
extern const struct tsr_attention_gradient_kernels tsr_attention_gradient_kernels__avx2;
extern const struct tsr_attention_gradient_kernels tsr_attention_gradient_kernels__avx512;
#endif

#endif
