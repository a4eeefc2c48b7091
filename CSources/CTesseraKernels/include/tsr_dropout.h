#ifndef TSR_DROPOUT_H
#define TSR_DROPOUT_H

#include <stddef.h>
#include <stdint.h>

/// Where a block of rows stands in the stream of dropout decisions.
///
/// The decision for (plane, row, column) is draw `column % 8` of
/// Philox4x32-10(counter = {column / 8, row, plane, offset}, key); draw `2k + h` is the
/// `h`-th 16-bit half, low half first, of output word `k`: the eight draws are the little-endian
/// halves of the four words in order. An element is kept when its draw >= `threshold`.
struct tsr_dropout {
  uint32_t key[2];     ///< the 64-bit seed, low word first
  uint32_t offset;     ///< counter word 3
  uint32_t plane;      ///< counter word 2
  uint32_t row;        ///< counter word 1 of the block's first row; row r of the block uses `row + r`
  uint32_t threshold;  ///< round(p * 65536), 1 ... 65536 (65536 drops everything; 0 is the caller's identity)
  float keep_scale;    ///< 1 / (1 - p_effective), what a kept element is multiplied by; 0 where all are dropped
};

#endif
