#if defined(__x86_64__)

#include "../isa/avx512.h"
#include "tsr_machine.h"

// 32 registers: 24 chains and 2 operands, so that nothing is spilled.
enum { ACCUMULATORS = 24 };

#include "fma_template.h"
#include "stream_template.h"

const struct tsr_machine_kernels tsr_machine_kernels__avx512 = {MACHINE_KERNELS};

#include "../isa/end.h"

#endif
