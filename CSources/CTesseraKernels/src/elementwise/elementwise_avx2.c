#if defined(__x86_64__)
#include "tsr_elementwise.h"

#include "../isa/avx2.h"

#include "../philox/words_avx2.h"

#include "elementwise_template.h"

void tsr_f32_scale__avx2(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, STAGE_SCALE); }
void tsr_f32_bias__avx2(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, STAGE_BIAS); }
void tsr_f32_relu__avx2(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, STAGE_RELU); }
void tsr_f32_dropout__avx2(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, STAGE_DROPOUT); }
void tsr_f32_residual__avx2(const struct tsr_elementwise_f32 *block) { elementwise_rows(block, STAGE_RESIDUAL); }

#include "../isa/end.h"
#endif
