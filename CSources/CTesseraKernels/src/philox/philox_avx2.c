#if defined(__x86_64__)
#include "tsr_philox.h"

#include "../isa/avx2.h"

#include "words_avx2.h"

#include "philox_template.h"

const struct tsr_philox_kernels tsr_philox_kernels__avx2 = {PHILOX_KERNELS};

#include "../isa/end.h"
#endif
