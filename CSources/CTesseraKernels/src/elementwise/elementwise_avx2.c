#if defined(__x86_64__)
#include "tsr_elementwise.h"

#include "../isa/avx2.h"

#include "../philox/words_avx2.h"

#include "../math/gelu_tail_quotient.h"

#include "elementwise_kernels.h"

const struct tsr_elementwise_kernels tsr_elementwise_kernels__avx2 = {ELEMENTWISE_KERNELS};

#include "../isa/end.h"
#endif
