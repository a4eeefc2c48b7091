#if defined(__x86_64__)
#include "tsr_attention.h"

#include <float.h>
#include <math.h>

#include "../isa/avx512.h"

#include "../philox/words_avx512.h"

#include "attention_kernels.h"

const struct tsr_attention_kernels tsr_attention_kernels__avx512 = {ATTENTION_KERNELS};

#include "../isa/end.h"
#endif
