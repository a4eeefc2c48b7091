#if defined(__x86_64__)
#include "tsr_normalization_gradient.h"

#include "../isa/avx512.h"

#include "../philox/words_avx512.h"

#include "parameter_gradients_template.h"
#include "rows_gradient_template.h"

const struct tsr_normalization_gradient_kernels tsr_normalization_gradient_kernels__avx512 = {
    .layer_norm_gradient = tsr_f32_layer_norm_gradient,
    .rms_norm_gradient = tsr_f32_rms_norm_gradient,
    .layer_norm_parameter_gradients = tsr_f32_layer_norm_parameter_gradients,
    .rms_norm_parameter_gradients = tsr_f32_rms_norm_parameter_gradients,
};

#include "../isa/end.h"
#endif
