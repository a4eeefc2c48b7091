#if defined(__x86_64__)
#include "tsr_softmax.h"

#include "../isa/avx2.h"

#include "../philox/words_avx2.h"

#include "softmax_kernels.h"

const struct tsr_softmax_kernels tsr_softmax_kernels__avx2 = {SOFTMAX_KERNELS};

#include "../isa/end.h"
#endif
