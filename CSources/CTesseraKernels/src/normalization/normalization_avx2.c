#if defined(__x86_64__)
#include "tsr_normalization.h"

#include "../isa/avx2.h"

#include "../philox/words_avx2.h"

#include "normalization_template.h"

const struct tsr_normalization_kernels tsr_normalization_kernels__avx2 = {NORMALIZATION_KERNELS};

#include "../isa/end.h"
#endif
