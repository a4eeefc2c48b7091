#if defined(__x86_64__)
#include "tsr_philox.h"

#include "../isa/avx512.h"

#include "words_avx512.h"

#include "philox_template.h"

void tsr_u8_dropout_mask__avx512(const struct tsr_dropout *dropout, size_t columns, uint8_t *mask) {
  dropout_mask(dropout, columns, mask);
}

#include "../isa/end.h"
#endif
