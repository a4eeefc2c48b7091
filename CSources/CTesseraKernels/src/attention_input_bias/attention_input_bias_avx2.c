#if defined(__x86_64__)
#include "tsr_attention_input_bias.h"

#include "../isa/avx2.h"

#include "attention_input_bias_template.h"

const struct tsr_attention_input_bias_kernels tsr_attention_input_bias_kernels__avx2 = {ATTENTION_INPUT_BIAS_KERNELS};

#include "../isa/end.h"
#endif
