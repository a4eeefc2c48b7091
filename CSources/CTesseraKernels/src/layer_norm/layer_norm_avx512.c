#if defined(__x86_64__)
#include "tsr_layer_norm.h"

#include "../isa/avx512.h"

#include "../philox/words_avx512.h"

#include "layer_norm_template.h"

void tsr_f32_layer_norm__avx512(const struct tsr_layer_norm_f32 *block) { layer_norm_rows(block); }

void tsr_f32_bias_dropout_residual_layer_norm__avx512(const struct tsr_layer_norm_f32 *block) {
  residual_layer_norm_rows(block);
}

#include "../isa/end.h"
#endif
