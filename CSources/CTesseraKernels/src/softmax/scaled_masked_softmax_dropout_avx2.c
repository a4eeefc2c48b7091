#if defined(__x86_64__)
#include "tsr_scaled_masked_softmax_dropout.h"

#include "../isa/avx2.h"

#include "../philox/words_avx2.h"

#include "scaled_masked_softmax_dropout_template.h"

void tsr_f32_scaled_masked_softmax_dropout__avx2(const struct tsr_scaled_masked_softmax_dropout_f32 *block) {
  scaled_masked_softmax_dropout(block);
}

#include "../isa/end.h"
#endif
