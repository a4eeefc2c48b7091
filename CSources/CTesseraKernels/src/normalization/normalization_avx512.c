#if defined(__x86_64__)
#include "tsr_normalization.h"

#include "../isa/avx512.h"

#include "../philox/words_avx512.h"

#include "normalization_template.h"

void tsr_f32_layer_norm__avx512(const struct tsr_normalization_f32 *block) { norm_rows(block, true); }

void tsr_f32_rms_norm__avx512(const struct tsr_normalization_f32 *block) { norm_rows(block, false); }

void tsr_f32_bias_dropout_residual_layer_norm__avx512(const struct tsr_normalization_f32 *block) {
  residual_norm_rows(block, true);
}

void tsr_f32_bias_dropout_residual_rms_norm__avx512(const struct tsr_normalization_f32 *block) {
  residual_norm_rows(block, false);
}

#include "../isa/end.h"
#endif
