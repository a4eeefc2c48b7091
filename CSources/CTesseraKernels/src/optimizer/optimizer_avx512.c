#if defined(__x86_64__)
#include "tsr_optimizer.h"

#include "../isa/avx512.h"

#include "adamw_template.h"
#include "sum_of_squares_template.h"

const struct tsr_optimizer_kernels tsr_optimizer_kernels__avx512 = {
    .adamw = tsr_f32_adamw,
    .sum_of_squares = tsr_f32_sum_of_squares,
};

#include "../isa/end.h"
#endif
