#if defined(__x86_64__)
#include <string.h>

#include "tsr_stored.h"

#include "../isa/avx512.h"

#include "lanes_avx512.h"

#include "elements.h"

#include "dequantize_template.h"
#include "tile.h"
#include "half_bytes_avx512.h"

#define STORED_ARRANGED_TILE half_bytes_tile
#include "linear_template.h"

void tsr_f32_dequantize__avx512(const struct tsr_dequantize_f32 *call) { dequantize_any(call); }

void tsr_f32_stored_linear__avx512(const struct tsr_stored_linear_f32 *call) { stored_linear_any(call); }

void tsr_f32_stored_arrange__avx512(const struct tsr_stored_arrange_f32 *call) { stored_arrange(call); }

size_t tsr_f32_stored_arranged_count__avx512(enum tsr_stored_type type, size_t depth) {
  return stored_arranged_count(type, depth);
}

#include "../isa/end.h"
#endif
