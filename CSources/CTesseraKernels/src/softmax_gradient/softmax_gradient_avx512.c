#if defined(__x86_64__)
#include "tsr_softmax_gradient.h"

#include "../isa/avx512.h"

#include "../philox/words_avx512.h"

#include "softmax_gradient_template.h"

const struct tsr_softmax_gradient_kernels tsr_softmax_gradient_kernels__avx512 = {
    .softmax_gradient = tsr_f32_softmax_gradient,
};

#include "../isa/end.h"
#endif
