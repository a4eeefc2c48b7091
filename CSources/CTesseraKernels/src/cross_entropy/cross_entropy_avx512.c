#if defined(__x86_64__)
#include "tsr_cross_entropy.h"

#include "../isa/avx512.h"

#include "cross_entropy_template.h"

const struct tsr_cross_entropy_kernels tsr_cross_entropy_kernels__avx512 = {
    .cross_entropy = tsr_f32_cross_entropy,
};

#include "../isa/end.h"
#endif
