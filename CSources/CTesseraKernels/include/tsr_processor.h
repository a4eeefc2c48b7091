#ifndef TSR_PROCESSOR_H
#define TSR_PROCESSOR_H

/// Tells the processor that this thread spins, so that it saves power and leaves room for a sibling hardware thread.
static inline void tsr_processor_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield" ::: "memory");
#endif
}

/// Processors that this process may use: its affinity mask on Linux, the online ones elsewhere; at least 1.
int tsr_processor_count(void);

#endif
