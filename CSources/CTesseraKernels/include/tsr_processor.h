#ifndef TSR_PROCESSOR_H
#define TSR_PROCESSOR_H

#include <stddef.h>

/// Tells the processor that this thread spins, so that it saves power and leaves room for a sibling hardware thread.
static inline void tsr_processor_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield" ::: "memory");
#endif
}

/// Asks for the cache lines of `rows` rows of `count` floats, `stride` floats apart; never faults. A processor may drop
/// what exceeds its lines in flight (a Zen 5 does), so ask in small parts.
static inline void tsr_processor_prefetch(const float *first, size_t rows, size_t count, ptrdiff_t stride) {
  enum { FLOATS_PER_LINE = 16 };
  for (size_t row = 0; row < rows; row++, first += stride) {
    for (size_t column = 0; column < count; column += FLOATS_PER_LINE) __builtin_prefetch(first + column, 0, 3);
  }
}

/// Orders streamed stores before whatever follows.
static inline void tsr_processor_stream_fence(void) {
#if defined(__x86_64__)
  __builtin_ia32_sfence();
#endif
}

/// Processors that this process may use: its affinity mask on Linux, the online ones elsewhere; at least 1.
int tsr_processor_count(void);

#endif
