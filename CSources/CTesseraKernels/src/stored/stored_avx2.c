#if defined(__x86_64__)
#include <string.h>

#include "tsr_stored.h"

#include "../isa/avx2.h"

#include "lanes_avx2.h"

#include "factors.h"
#include "quanta.h"

#include "elements.h"

#include "dequantize_template.h"
#include "tile.h"
#include "linear_template.h"

const struct tsr_stored_kernels tsr_stored_kernels__avx2 = {STORED_KERNELS};

#include "../isa/end.h"
#endif
