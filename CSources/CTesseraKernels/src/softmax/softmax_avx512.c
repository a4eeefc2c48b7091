#if defined(__x86_64__)
#include "tsr_softmax.h"

#include "../isa/avx512.h"

#include "../philox/words_avx512.h"

#include "softmax_kernels.h"

const struct tsr_softmax_kernels tsr_softmax_kernels__avx512 = {SOFTMAX_KERNELS};

#include "../isa/end.h"
#endif
