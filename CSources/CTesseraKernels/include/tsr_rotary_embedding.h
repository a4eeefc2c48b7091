#ifndef TSR_ROTARY_EMBEDDING_H
#define TSR_ROTARY_EMBEDDING_H

#include <stdbool.h>
#include <stddef.h>

/// Vectors whose first columns are rotated pair by pair, in two levels: positions and heads, whichever is the inner one.
///
///   output[a] = input[a] * cosine[i] - input[b] * sine[i]
///   output[b] = input[b] * cosine[i] + input[a] * sine[i]        for i < rotated / 2
///   a = 2 i, b = 2 i + 1                                           tsr_f32_rotary_embedding_interleaved
///   a = i, b = i + rotated / 2                                     tsr_f32_rotary_embedding_half_split
///   output[c] = input[c]                                           for rotated <= c < columns
/// The products with the sine round, the products with the cosine round with the sum. Element (j, k) of a level pair is
/// at j * outer_stride + k * inner_stride; strides are in elements. A table row holds rotated / 2 cosines, then as many
/// sines. `output` may equal `input` exactly (pointer and strides); then `columns` equals `rotated`, and what lies behind
/// is left alone. Vectors of `output` may not overlap. No vectors, or no columns: nothing is done.
struct tsr_rotary_embedding_f32 {
  size_t outer_count, inner_count;
  size_t rotated;                  ///< even
  size_t columns;                  ///< from `rotated` on; those past it are copied
  const float *input;
  ptrdiff_t input_outer_stride, input_inner_stride;
  float *output;
  ptrdiff_t output_outer_stride, output_inner_stride;
  const float *table;
  ptrdiff_t table_outer_stride, table_inner_stride;  ///< 0 on the level of the heads
  bool streaming;                  ///< ask for non-temporal stores; honoured where all parts of a vector are aligned
};

typedef void (*tsr_f32_rotary_embedding_kernel)(const struct tsr_rotary_embedding_f32 *block);

#if defined(__x86_64__)
void tsr_f32_rotary_embedding_interleaved__avx2(const struct tsr_rotary_embedding_f32 *block);
void tsr_f32_rotary_embedding_half_split__avx2(const struct tsr_rotary_embedding_f32 *block);
void tsr_f32_rotary_embedding_interleaved__avx512(const struct tsr_rotary_embedding_f32 *block);
void tsr_f32_rotary_embedding_half_split__avx512(const struct tsr_rotary_embedding_f32 *block);
#endif

#endif
