#if defined(__x86_64__)
#include "tsr_rotary_embedding.h"

#include "../isa/avx2.h"

#include "rotary_embedding_template.h"

void tsr_f32_rotary_embedding_interleaved__avx2(const struct tsr_rotary_embedding_f32 *block) {
  rotary_embedding(block, true);
}

void tsr_f32_rotary_embedding_half_split__avx2(const struct tsr_rotary_embedding_f32 *block) {
  rotary_embedding(block, false);
}

#include "../isa/end.h"
#endif
