#ifndef TSR_ROTARY_EMBEDDING_H
#define TSR_ROTARY_EMBEDDING_H

#include <stdbool.h>
#include <stddef.h>

/// Positions, each with some heads beside each other, whose first columns are rotated pair by pair.
///
///   output[a] = input[a] * cosine[i] - input[b] * sine[i]
///   output[b] = input[b] * cosine[i] + input[a] * sine[i]        for i < rotated / 2
///   a = 2 i, b = 2 i + 1                                           tsr_f32_rotary_embedding_interleaved
///   a = i, b = i + rotated / 2                                     tsr_f32_rotary_embedding_half_split
///   output[c] = input[c]                                           for rotated <= c < columns
/// The products with the sine round, the products with the cosine round with the sum. Head h of position p begins at
/// p * stride + h * head_stride; strides are in elements, those of `input` any. Row p of the table holds the
/// rotated / 2 cosines of position p, then as many sines; rows lie one after the other. `output` may equal `input`
/// exactly (pointer and strides); then `columns` equals `rotated`, and what lies behind is left alone. Heads of
/// `output` may not overlap.
struct tsr_rotary_embedding_f32 {
  size_t position_count, head_count;
  size_t rotated;                 ///< even
  size_t columns;                 ///< from `rotated` on; those past it are copied
  const float *input;
  ptrdiff_t input_stride, input_head_stride;
  float *output;
  ptrdiff_t output_stride, output_head_stride;
  const float *table;             ///< position_count x rotated
  bool streaming;                 ///< ask for non-temporal stores; honoured where all parts of all heads are aligned
};

typedef void (*tsr_f32_rotary_embedding_kernel)(const struct tsr_rotary_embedding_f32 *block);

/// The family for one instruction set: a kernel for each way of pairing columns.
struct tsr_rotary_embedding_kernels {
  tsr_f32_rotary_embedding_kernel interleaved, half_split;
};

#if defined(__x86_64__)
extern const struct tsr_rotary_embedding_kernels tsr_rotary_embedding_kernels__avx2;
extern const struct tsr_rotary_embedding_kernels tsr_rotary_embedding_kernels__avx512;
#endif

#endif
