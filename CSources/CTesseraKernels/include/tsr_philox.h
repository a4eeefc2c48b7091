#ifndef TSR_PHILOX_H
#define TSR_PHILOX_H

#include "tsr_dropout.h"

// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011).

/// Writes keep decisions, one byte an element (1 kept, 0 dropped), for `columns` columns of one row from column 0.
///
/// mask: `columns` bytes, any alignment. The row is `dropout->row`.
typedef void (*tsr_u8_dropout_mask_kernel)(const struct tsr_dropout *dropout, size_t columns, uint8_t *mask);

#if defined(__x86_64__)
void tsr_u8_dropout_mask__avx2(const struct tsr_dropout *dropout, size_t columns, uint8_t *mask);
void tsr_u8_dropout_mask__avx512(const struct tsr_dropout *dropout, size_t columns, uint8_t *mask);
#endif

#endif
