#if defined(__x86_64__)

#include "../isa/avx2.h"
#include "tsr_machine.h"

// 16 registers: 12 chains and 2 operands, so that nothing is spilled.
enum { ACCUMULATORS = 12 };

#include "fma_template.h"
#include "stream_template.h"

const struct tsr_machine_kernels tsr_machine_kernels__avx2 = {MACHINE_KERNELS};

#include "../isa/end.h"

#endif
