#if defined(__x86_64__)
#include "tsr_attention_input_bias.h"

#include "../isa/avx512.h"

#include "attention_input_bias_template.h"

void tsr_f32_attention_input_bias__avx512(const struct tsr_attention_input_bias_f32 *block) {
  attention_input_bias_tokens(block);
}

#include "../isa/end.h"
#endif
