#if defined(__x86_64__)
#include "tsr_normalization.h"

#include "../isa/avx512.h"

#include "../philox/words_avx512.h"

#include "normalization_template.h"

const struct tsr_normalization_kernels tsr_normalization_kernels__avx512 = {NORMALIZATION_KERNELS};

#include "../isa/end.h"
#endif
