#ifndef TSR_ATTENTION_INPUT_BIAS_H
#define TSR_ATTENTION_INPUT_BIAS_H

#include <stdbool.h>
#include <stddef.h>

/// One of queries, keys and values: `heads` neighbouring runs of `columns` elements in each token's row, and where they
/// go. Head h of token t begins at output + h * head_stride + t * token_stride. Heads that stay neighbours may be given
/// as one of all their columns.
struct tsr_head_group_f32 {
  size_t heads, columns;
  float *output;
  ptrdiff_t head_stride, token_stride;
};

enum { TSR_HEAD_GROUPS = 3 };

/// A block of token rows of the joint projection of queries, keys and values: the groups lie one after the other.
///
///   groups[g].output[h * head_stride + t * token_stride + c] = input[t * input_stride + i] + bias[i]
///
/// where i is the place in the row: the elements of the groups and heads before, plus c. Strides are in elements; that
/// of `input` may be any value. A group of no heads needs no output. No two elements of the outputs share a place; each
/// may be the element of `input` that it is made from (in place), and overlaps nothing else. Nothing outside the named
/// elements is read or written.
struct tsr_attention_input_bias_f32 {
  size_t tokens;
  const float *input;
  ptrdiff_t input_stride;
  const float *bias;  ///< as many values as a token's row has
  struct tsr_head_group_f32 groups[TSR_HEAD_GROUPS];
  bool streaming;     ///< ask for non-temporal stores; honoured in groups whose heads and tokens are vector-aligned
};

typedef void (*tsr_f32_attention_input_bias_kernel)(const struct tsr_attention_input_bias_f32 *block);

/// The family for one instruction set.
struct tsr_attention_input_bias_kernels {
  tsr_f32_attention_input_bias_kernel attention_input_bias;
};

#if defined(__x86_64__)
extern const struct tsr_attention_input_bias_kernels tsr_attention_input_bias_kernels__avx2;
extern const struct tsr_attention_input_bias_kernels tsr_attention_input_bias_kernels__avx512;
#endif

#endif
