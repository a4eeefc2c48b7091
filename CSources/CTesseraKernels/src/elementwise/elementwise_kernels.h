// The family's kernels, one for each set of stages that an operator needs, and their table. Include last.
#include "elementwise_template.h"

static void tsr_f32_scale(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, TSR_STAGE_SCALE); }
static void tsr_f32_bias(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, TSR_STAGE_BIAS); }
static void tsr_f32_relu(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, TSR_STAGE_RELU); }
static void tsr_f32_gelu(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, TSR_STAGE_GELU); }
static void tsr_f32_gelu_tanh(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, TSR_STAGE_GELU_TANH); }
static void tsr_f32_silu(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, TSR_STAGE_SILU); }
static void tsr_f32_dropout(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, TSR_STAGE_DROPOUT); }
static void tsr_f32_residual(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, TSR_STAGE_RESIDUAL); }
static void tsr_f32_bias_relu(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, TSR_STAGE_BIAS | TSR_STAGE_RELU);
}
static void tsr_f32_bias_gelu(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, TSR_STAGE_BIAS | TSR_STAGE_GELU);
}
static void tsr_f32_bias_gelu_tanh(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, TSR_STAGE_BIAS | TSR_STAGE_GELU_TANH);
}
static void tsr_f32_bias_silu(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, TSR_STAGE_BIAS | TSR_STAGE_SILU);
}
static void tsr_f32_bias_relu_dropout(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, TSR_STAGE_BIAS | TSR_STAGE_RELU | TSR_STAGE_DROPOUT);
}
static void tsr_f32_bias_gelu_dropout(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, TSR_STAGE_BIAS | TSR_STAGE_GELU | TSR_STAGE_DROPOUT);
}
static void tsr_f32_bias_gelu_tanh_dropout(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, TSR_STAGE_BIAS | TSR_STAGE_GELU_TANH | TSR_STAGE_DROPOUT);
}
static void tsr_f32_bias_silu_dropout(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, TSR_STAGE_BIAS | TSR_STAGE_SILU | TSR_STAGE_DROPOUT);
}
static void tsr_f32_bias_residual(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, TSR_STAGE_BIAS | TSR_STAGE_RESIDUAL);
}
static void tsr_f32_bias_dropout_residual(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, TSR_STAGE_BIAS | TSR_STAGE_DROPOUT | TSR_STAGE_RESIDUAL);
}
static void tsr_f32_bias_relu_residual(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, TSR_STAGE_BIAS | TSR_STAGE_RELU | TSR_STAGE_RESIDUAL);
}
static void tsr_f32_relu_gate(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, TSR_STAGE_RELU | TSR_STAGE_GATE);
}
static void tsr_f32_gelu_gate(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, TSR_STAGE_GELU | TSR_STAGE_GATE);
}
static void tsr_f32_gelu_tanh_gate(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, TSR_STAGE_GELU_TANH | TSR_STAGE_GATE);
}
static void tsr_f32_silu_gate(const struct tsr_elementwise_f32 *block) {
  elementwise_rows(block, TSR_STAGE_SILU | TSR_STAGE_GATE);
}

static const struct tsr_elementwise_kernel elementwise_kernels[] = {
    {TSR_STAGE_SCALE, tsr_f32_scale},
    {TSR_STAGE_BIAS, tsr_f32_bias},
    {TSR_STAGE_RELU, tsr_f32_relu},
    {TSR_STAGE_GELU, tsr_f32_gelu},
    {TSR_STAGE_GELU_TANH, tsr_f32_gelu_tanh},
    {TSR_STAGE_SILU, tsr_f32_silu},
    {TSR_STAGE_DROPOUT, tsr_f32_dropout},
    {TSR_STAGE_RESIDUAL, tsr_f32_residual},
    {TSR_STAGE_BIAS | TSR_STAGE_RELU, tsr_f32_bias_relu},
    {TSR_STAGE_BIAS | TSR_STAGE_GELU, tsr_f32_bias_gelu},
    {TSR_STAGE_BIAS | TSR_STAGE_GELU_TANH, tsr_f32_bias_gelu_tanh},
    {TSR_STAGE_BIAS | TSR_STAGE_SILU, tsr_f32_bias_silu},
    {TSR_STAGE_BIAS | TSR_STAGE_RELU | TSR_STAGE_DROPOUT, tsr_f32_bias_relu_dropout},
    {TSR_STAGE_BIAS | TSR_STAGE_GELU | TSR_STAGE_DROPOUT, tsr_f32_bias_gelu_dropout},
    {TSR_STAGE_BIAS | TSR_STAGE_GELU_TANH | TSR_STAGE_DROPOUT, tsr_f32_bias_gelu_tanh_dropout},
    {TSR_STAGE_BIAS | TSR_STAGE_SILU | TSR_STAGE_DROPOUT, tsr_f32_bias_silu_dropout},
    {TSR_STAGE_BIAS | TSR_STAGE_RESIDUAL, tsr_f32_bias_residual},
    {TSR_STAGE_BIAS | TSR_STAGE_DROPOUT | TSR_STAGE_RESIDUAL, tsr_f32_bias_dropout_residual},
    {TSR_STAGE_BIAS | TSR_STAGE_RELU | TSR_STAGE_RESIDUAL, tsr_f32_bias_relu_residual},
    {TSR_STAGE_RELU | TSR_STAGE_GATE, tsr_f32_relu_gate},
    {TSR_STAGE_GELU | TSR_STAGE_GATE, tsr_f32_gelu_gate},
    {TSR_STAGE_GELU_TANH | TSR_STAGE_GATE, tsr_f32_gelu_tanh_gate},
    {TSR_STAGE_SILU | TSR_STAGE_GATE, tsr_f32_silu_gate},
};

#define ELEMENTWISE_KERNELS sizeof(elementwise_kernels) / sizeof(elementwise_kernels[0]), elementwise_kernels
