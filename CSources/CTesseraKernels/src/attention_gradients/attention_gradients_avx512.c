#if defined(__x86_64__)
#include "tsr_attention_gradients.h"

#include "../isa/avx512.h"

#include "../philox/words_avx512.h"

#include "score_gradients_template.h"

const struct tsr_attention_gradient_kernels tsr_attention_gradient_kernels__avx512 = {ATTENTION_GRADIENT_KERNELS};

#include "../isa/end.h"
#endif
