#ifndef TSR_ATTENTION_H
#define TSR_ATTENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tsr_dropout.h"

// What tiled attention does to a row of scores between its two products, and both products where query rows are few.
// The products of many rows are the contraction family's (tsr_contraction.h). A "tile" is a run of neighbouring keys.
// Pointers need the alignment of a float only, unless said otherwise; operands of one call do not overlap.

/// output[c] = factor * input[c]; factor 1 copies the bits. `output` may equal `input`.
typedef void (*tsr_f32_attention_scale_kernel)(size_t count, float factor, const float *input, float *output);

/// scores[c] = cap * tanh(scores[c] / cap), cap > 0; NaN stays NaN, +-inf gives +-cap. The relative error of tanh stays
/// within a few ulp near 0 too, where most scores lie.
typedef void (*tsr_f32_attention_softcap_kernel)(size_t count, float cap, float *scores);

/// scores[c] += bias[c].
typedef void (*tsr_f32_attention_bias_kernel)(size_t count, const float *bias, float *scores);

/// scores[c] -= slope * |distance + c|, rounded once; distances up to 2^24 are exact.
typedef void (*tsr_f32_attention_alibi_kernel)(size_t count, float slope, ptrdiff_t distance, float *scores);

/// scores[c] = mask[c] != 0 ? scores[c] : -inf, whatever scores[c] holds.
typedef void (*tsr_f32_attention_mask_kernel)(size_t count, const uint8_t *mask, float *scores);

/// One step of the online softmax for each of `count` rows of a tile (Milakov, Gimelshein: "Online normalizer
/// calculation for softmax", 2018; Dao and others: "FlashAttention", 2022).
///
/// With m' = max(maximum, max of the visible scores), NaN not counted, and m'' = m' where it is above -inf, else 0:
///   rescale = exp(scale * (maximum - m'')), 1 where the maximum did not grow or was -inf
///   scores[c] = exp(scale * (scores[c] - m'')) for first <= c < last, 0 for other c < count, whatever they held
///   sum = sum * rescale + sum of the new scores;  output[d] *= rescale (not touched where rescale is 1);  maximum = m'
/// and then dropout, which the sum knows nothing of: scores[c] = kept ? scores[c] * keep_scale : 0.
/// exp(-inf) = 0. A visible NaN or +inf makes the sum NaN.
struct tsr_attention_softmax_f32 {
  size_t count;         ///< columns of the tile
  size_t first, last;   ///< the visible ones: first <= last <= count
  float scale;          ///< of the scores, above 0
  float *scores;        ///< count; in and out
  float maximum, sum;   ///< of the row so far, -inf and 0 at first; in and out. The maximum is not scaled
  size_t output_count;
  float *output;        ///< output_count sums that are to be rescaled
  const struct tsr_dropout *dropout;   ///< of this row; NULL: none
  uint32_t column;      ///< where column 0 of the tile stands in the dropout's row; a multiple of 8
  /// Floats that a later row's stages will read: as many as this row's visible columns, in whole steps of the kernel's
  /// loop, are asked for. NULL: none.
  const float *next;
};
typedef void (*tsr_f32_attention_softmax_kernel)(size_t count, struct tsr_attention_softmax_f32 *rows);

/// scores[r * scores_stride + c] = sum_d queries[r * depth + d] * keys[c * keys_stride + d], r < rows, c < count.
///
/// Rows are few: keys are read once for every four of them.
struct tsr_attention_scores_f32 {
  size_t rows, count, depth;
  const float *queries;     ///< rows x depth without gaps, 64-byte aligned
  const float *keys;
  ptrdiff_t keys_stride;    ///< elements; any, 0 and negative too
  float *scores;
  ptrdiff_t scores_stride;
};
typedef void (*tsr_f32_attention_scores_kernel)(const struct tsr_attention_scores_f32 *tile);

/// output[r * columns + d] += sum_c weights[r * weights_stride + c] * values[c * values_stride + d], r < rows,
/// c < count, d < columns; each sum begins with what output holds and takes up one c after the other.
struct tsr_attention_values_f32 {
  size_t rows, count, columns;
  const float *weights;
  ptrdiff_t weights_stride;
  const float *values;
  ptrdiff_t values_stride;  ///< elements; any, 0 and negative too
  float *output;            ///< rows x columns without gaps
};
typedef void (*tsr_f32_attention_values_kernel)(const struct tsr_attention_values_f32 *tile);

/// output[r * output_stride + c] = sums[r * columns + c] / totals[r], as a product with the inverse; 0 where the total
/// is 0, whatever sums holds there.
struct tsr_attention_finish_f32 {
  size_t rows, columns;
  const float *sums;      ///< rows x columns without gaps
  const float *totals;    ///< rows
  float *output;          ///< columns contiguous, rows apart
  ptrdiff_t output_stride;
  bool streaming;         ///< ask for non-temporal stores; honoured where rows are vector-aligned. The caller fences
};
typedef void (*tsr_f32_attention_finish_kernel)(const struct tsr_attention_finish_f32 *rows);

/// log_sum_exp[r] = ln(exp(l1) + exp(l2)) of l1 = first_log_sum_exp[r] and l2 = second_log_sum_exp[r];
/// output[r][c] = exp(l1 - log_sum_exp[r]) * first[r][c] + exp(l2 - log_sum_exp[r]) * second[r][c].
///
/// A part whose log-sum-exp is -inf is not read: the output is a copy of the other part, or 0 where both are. NaN or
/// +inf in either gives NaN.
struct tsr_attention_merge_f32 {
  size_t rows, columns;
  const float *first, *second;
  ptrdiff_t first_stride, second_stride;
  const float *first_log_sum_exp, *second_log_sum_exp;  ///< rows
  float *output;            ///< may equal `first`, with its stride
  ptrdiff_t output_stride;
  float *log_sum_exp;       ///< rows; may equal `first_log_sum_exp`
  bool streaming;           ///< ask for non-temporal stores; honoured where rows are vector-aligned. The caller fences
};
typedef void (*tsr_f32_attention_merge_kernel)(const struct tsr_attention_merge_f32 *rows);

/// Whether all `count` values are finite.
typedef bool (*tsr_f32_attention_finite_kernel)(size_t count, const float *values);

/// output[c] = 2^input[c], the exponential of every kernel but GELU's on AVX-512: 0 below 2^-126, inf from 2^128 on,
/// NaN stays NaN.
typedef void (*tsr_f32_exp2_kernel)(size_t count, const float *input, float *output);

/// The family for one instruction set.
struct tsr_attention_kernels {
  tsr_f32_attention_scale_kernel scale;
  tsr_f32_attention_softcap_kernel softcap;
  tsr_f32_attention_bias_kernel bias;
  tsr_f32_attention_alibi_kernel alibi;
  tsr_f32_attention_mask_kernel mask;
  tsr_f32_attention_softmax_kernel softmax;
  tsr_f32_attention_scores_kernel scores;
  tsr_f32_attention_values_kernel values;
  tsr_f32_attention_finish_kernel finish;
  tsr_f32_attention_merge_kernel merge;
  tsr_f32_attention_finite_kernel finite;
  tsr_f32_exp2_kernel exp2;  ///< for the tests of its accuracy: no operator calls it
};

#if defined(__x86_64__)
extern const struct tsr_attention_kernels tsr_attention_kernels__avx2;
extern const struct tsr_attention_kernels tsr_attention_kernels__avx512;
#endif

#endif
