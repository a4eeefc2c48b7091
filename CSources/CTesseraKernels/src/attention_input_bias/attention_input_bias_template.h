// The kernel of tsr_attention_input_bias.h, written once. Include after an instruction-set layer.
#include "../isa/columns.h"

/// Vectors taken in one go: enough loads in flight for the bandwidth, and a head of 64 columns with AVX-512.
enum { HEAD_UNROLL = 4 };

/// output[c] = input[c] + bias[c]
TSR_INLINE void head_bias(size_t columns, const float *input, const float *bias, float *output, bool streamed) {
  size_t column = 0;
  for (; columns - column >= HEAD_UNROLL * VECTOR_LANES; column += HEAD_UNROLL * VECTOR_LANES) {
#pragma clang loop unroll(full)
    for (size_t index = 0; index < HEAD_UNROLL; ++index) {
      const size_t here = column + index * VECTOR_LANES;
      const vector x = vector_load(input + here) + vector_load(bias + here);
      columns_store(output + here, VECTOR_LANES, x, streamed);
    }
  }
  for (; column < columns; column += VECTOR_LANES) {
    const size_t count = columns_here(columns - column);
    const vector x = columns_load(input + column, count) + columns_load(bias + column, count);
    columns_store(output + column, count, x, streamed);
  }
}

TSR_INLINE bool head_group_aligned(const struct tsr_head_group_f32 *group) {
  return columns_aligned(group->output, (uintptr_t)group->token_stride * sizeof(float))
      && columns_aligned(NULL, (uintptr_t)group->head_stride * sizeof(float));
}

static void tsr_f32_attention_input_bias(const struct tsr_attention_input_bias_f32 *tokens) {
  const struct tsr_attention_input_bias_f32 block = *tokens;  // a copy, which no store can be thought to change
  bool streamed[TSR_HEAD_GROUPS];
  for (size_t g = 0; g < TSR_HEAD_GROUPS; ++g) streamed[g] = block.streaming && head_group_aligned(&block.groups[g]);
  for (size_t token = 0; token < block.tokens; ++token) {
    const ptrdiff_t t = (ptrdiff_t)token;
    const float *input = block.input + t * block.input_stride, *bias = block.bias;
    for (size_t g = 0; g < TSR_HEAD_GROUPS; ++g) {
      const struct tsr_head_group_f32 *group = &block.groups[g];
      for (size_t head = 0; head < group->heads; ++head) {
        float *output = group->output + t * group->token_stride + (ptrdiff_t)head * group->head_stride;
        if (streamed[g]) {
          head_bias(group->columns, input, bias, output, true);
        } else {
          head_bias(group->columns, input, bias, output, false);
        }
        input += group->columns;
        bias += group->columns;
      }
    }
  }
  if (block.streaming) vector_stream_fence();
}

#define ATTENTION_INPUT_BIAS_KERNELS .attention_input_bias = tsr_f32_attention_input_bias
