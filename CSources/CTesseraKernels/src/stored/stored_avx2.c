#if defined(__x86_64__)
#include <string.h>

#include "tsr_stored.h"

#include "../isa/avx2.h"

#include "lanes_avx2.h"

#include "elements.h"

#include "dequantize_template.h"
#include "tile.h"
#include "linear_template.h"

void tsr_f32_dequantize__avx2(const struct tsr_dequantize_f32 *call) { dequantize_any(call); }

void tsr_f32_stored_linear__avx2(const struct tsr_stored_linear_f32 *call) { stored_linear_any(call); }

#include "../isa/end.h"
#endif
