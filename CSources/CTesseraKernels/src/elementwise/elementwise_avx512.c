#if defined(__x86_64__)
#include "tsr_elementwise.h"

#include "../isa/avx512.h"

#include "../philox/words_avx512.h"

#include "../math/gelu_tail_avx512.h"

#include "elementwise_template.h"

void tsr_f32_scale__avx512(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, STAGE_SCALE); }
void tsr_f32_bias__avx512(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, STAGE_BIAS); }
void tsr_f32_relu__avx512(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, STAGE_RELU); }
void tsr_f32_gelu__avx512(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, STAGE_GELU); }
void tsr_f32_gelu_tanh__avx512(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, STAGE_GELU_TANH); }
void tsr_f32_silu__avx512(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, STAGE_SILU); }
void tsr_f32_dropout__avx512(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, STAGE_DROPOUT); }
void tsr_f32_residual__avx512(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, STAGE_RESIDUAL); }
void tsr_f32_bias_relu__avx512(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, STAGE_BIAS | STAGE_RELU);
}
void tsr_f32_bias_gelu__avx512(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, STAGE_BIAS | STAGE_GELU);
}
void tsr_f32_bias_gelu_tanh__avx512(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, STAGE_BIAS | STAGE_GELU_TANH);
}
void tsr_f32_bias_silu__avx512(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, STAGE_BIAS | STAGE_SILU);
}
void tsr_f32_bias_relu_dropout__avx512(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, STAGE_BIAS | STAGE_RELU | STAGE_DROPOUT);
}
void tsr_f32_bias_gelu_dropout__avx512(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, STAGE_BIAS | STAGE_GELU | STAGE_DROPOUT);
}
void tsr_f32_bias_gelu_tanh_dropout__avx512(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, STAGE_BIAS | STAGE_GELU_TANH | STAGE_DROPOUT);
}
void tsr_f32_bias_silu_dropout__avx512(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, STAGE_BIAS | STAGE_SILU | STAGE_DROPOUT);
}
void tsr_f32_bias_residual__avx512(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, STAGE_BIAS | STAGE_RESIDUAL);
}
void tsr_f32_bias_dropout_residual__avx512(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, STAGE_BIAS | STAGE_DROPOUT | STAGE_RESIDUAL);
}
void tsr_f32_bias_relu_residual__avx512(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, STAGE_BIAS | STAGE_RELU | STAGE_RESIDUAL);
}
void tsr_f32_relu_gate__avx512(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, STAGE_RELU | STAGE_GATE);
}
void tsr_f32_gelu_gate__avx512(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, STAGE_GELU | STAGE_GATE);
}
void tsr_f32_gelu_tanh_gate__avx512(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, STAGE_GELU_TANH | STAGE_GATE);
}
void tsr_f32_silu_gate__avx512(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, STAGE_SILU | STAGE_GATE);
}

#include "../isa/end.h"
#endif
