#ifndef TSR_PHILOX_H
#define TSR_PHILOX_H

#include "tsr_dropout.h"

// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011).

/// Writes keep decisions, one byte an element (1 kept, 0 dropped), for `columns` columns of one row from column 0.
///
/// mask: `columns` bytes, any alignment. The row is `dropout->row`.
typedef void (*tsr_u8_dropout_mask_kernel)(const struct tsr_dropout *dropout, size_t columns, uint8_t *mask);

/// Writes the 16-bit draws themselves, eight a block, for blocks `first_block ..< first_block + blocks`
/// (block b is counter word 0 = b) of row `dropout->row`.
///
/// draws: 8 * blocks values, aligned as uint16_t. `threshold` and `keep_scale` are not read.
typedef void (*tsr_u16_philox_draws_kernel)(
    const struct tsr_dropout *dropout, uint32_t first_block, size_t blocks, uint16_t *draws);

#if defined(__x86_64__)
void tsr_u8_dropout_mask__avx2(const struct tsr_dropout *dropout, size_t columns, uint8_t *mask);
void tsr_u8_dropout_mask__avx512(const struct tsr_dropout *dropout, size_t columns, uint8_t *mask);
void tsr_u16_philox_draws__avx2(
    const struct tsr_dropout *dropout, uint32_t first_block, size_t blocks, uint16_t *draws);
void tsr_u16_philox_draws__avx512(
    const struct tsr_dropout *dropout, uint32_t first_block, size_t blocks, uint16_t *draws);
#endif

#endif
