#if defined(__x86_64__)
#include "tsr_rotary_embedding.h"

#include "../isa/avx2.h"

#include "rotary_embedding_template.h"

const struct tsr_rotary_embedding_kernels tsr_rotary_embedding_kernels__avx2 = {ROTARY_EMBEDDING_KERNELS};

#include "../isa/end.h"
#endif
