#if defined(__x86_64__)
#include "tsr_softmax.h"

#include "../isa/avx2.h"

#include "softmax_template.h"

void tsr_f32_softmax__avx2(const struct tsr_softmax_f32 *block) { softmax(block); }

#include "../isa/end.h"
#endif
