#ifndef TSR_ISA_INLINE_H
#define TSR_ISA_INLINE_H

/// Template helpers are inlined always: their stage arguments are constants, and inlining is what specialises them.
#define TSR_INLINE static inline __attribute__((always_inline))

#endif
