#if defined(__x86_64__)
#include "tsr_attention.h"

#include <float.h>
#include <math.h>

#include "../isa/avx2.h"

#include "../philox/words_avx2.h"

#include "attention_kernels.h"

const struct tsr_attention_kernels tsr_attention_kernels__avx2 = {ATTENTION_KERNELS};

#include "../isa/end.h"
#endif
