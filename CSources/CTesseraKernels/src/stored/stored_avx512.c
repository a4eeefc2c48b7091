#if defined(__x86_64__)
#include <string.h>

#include "tsr_stored.h"

#include "../isa/avx512.h"

#include "lanes_avx512.h"

#include "factors.h"
#include "quanta.h"

#include "elements.h"

#include "dequantize_template.h"
#include "tile.h"
#include "nibbles_avx512.h"

#define STORED_ARRANGED_TILE nibbles_tile
#include "linear_template.h"

const struct tsr_stored_kernels tsr_stored_kernels__avx512 = {
    STORED_KERNELS,
    .arranged_count = stored_arranged_count,
    .arrange = tsr_f32_stored_arrange,
};

#include "../isa/end.h"
#endif
