#if defined(__x86_64__)
#include "tsr_elementwise.h"

#include "../isa/avx512.h"

#include "../philox/words_avx512.h"

#include "elementwise_template.h"

void tsr_f32_scale__avx512(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, STAGE_SCALE); }
void tsr_f32_bias__avx512(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, STAGE_BIAS); }
void tsr_f32_relu__avx512(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, STAGE_RELU); }
void tsr_f32_dropout__avx512(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, STAGE_DROPOUT); }
void tsr_f32_residual__avx512(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, STAGE_RESIDUAL); }

#include "../isa/end.h"
#endif
