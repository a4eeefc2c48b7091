#ifndef TSR_PHILOX_H
#define TSR_PHILOX_H

#include "tsr_dropout.h"

// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011).

/// Writes keep decisions, one byte an element (1 kept, 0 dropped), for `columns` columns of one row from column 0.
///
/// mask: `columns` bytes, any alignment. The row is `dropout->row`.
typedef void (*tsr_u8_dropout_mask_kernel)(const struct tsr_dropout *dropout, size_t columns, uint8_t *mask);

/// The family for one instruction set.
struct tsr_philox_kernels {
  tsr_u8_dropout_mask_kernel dropout_mask;
};

#if defined(__x86_64__)
extern const struct tsr_philox_kernels tsr_philox_kernels__avx2;
extern const struct tsr_philox_kernels tsr_philox_kernels__avx512;
#endif

#endif
