#if defined(__x86_64__)
#include "tsr_elementwise.h"

#include "../isa/avx512.h"

#include "../philox/words_avx512.h"

#include "../math/gelu_tail_avx512.h"

#include "elementwise_kernels.h"

const struct tsr_elementwise_kernels tsr_elementwise_kernels__avx512 = {ELEMENTWISE_KERNELS};

#include "../isa/end.h"
#endif
