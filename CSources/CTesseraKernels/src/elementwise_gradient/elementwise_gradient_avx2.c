#if defined(__x86_64__)
#include "tsr_elementwise_gradient.h"

#include "../isa/avx2.h"

#include "../philox/words_avx2.h"

#include "../math/gelu_tail_quotient.h"

#include "activation_gradient_template.h"
#include "column_sums_template.h"
#include "gate_gradient_template.h"
#include "ordered_row_sum_template.h"

const struct tsr_elementwise_gradient_kernels tsr_elementwise_gradient_kernels__avx2 = {
    .relu_gradient = tsr_f32_relu_gradient,
    .gelu_gradient = tsr_f32_gelu_gradient,
    .gelu_tanh_gradient = tsr_f32_gelu_tanh_gradient,
    .silu_gradient = tsr_f32_silu_gradient,
    .relu_gate_gradient = tsr_f32_relu_gate_gradient,
    .gelu_gate_gradient = tsr_f32_gelu_gate_gradient,
    .gelu_tanh_gate_gradient = tsr_f32_gelu_tanh_gate_gradient,
    .silu_gate_gradient = tsr_f32_silu_gate_gradient,
    .column_sums = tsr_f32_column_sums,
    .ordered_row_sum = tsr_f32_ordered_row_sum,
};

#include "../isa/end.h"
#endif
