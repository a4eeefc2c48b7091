#include "tsr_machine.h"

#if defined(__x86_64__)

bool tsr_machine_has_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}

bool tsr_machine_has_avx512(void) {
  return tsr_machine_has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

#else

bool tsr_machine_has_avx2(void) { return false; }
bool tsr_machine_has_avx512(void) { return false; }

#endif
