#if defined(__x86_64__)
#include "tsr_philox.h"

#include "../isa/avx512.h"

#include "words_avx512.h"

#include "philox_template.h"

const struct tsr_philox_kernels tsr_philox_kernels__avx512 = {PHILOX_KERNELS};

#include "../isa/end.h"
#endif
