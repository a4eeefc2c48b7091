// Sums of squares of tsr_optimizer.h, written once. Include after an instruction-set layer.
#include "../isa/columns.h"

/// Vectors that have a lane for each sum: independent chains, which cover the latency of an instruction.
enum { SQUARE_VECTORS = TSR_SQUARE_LANES / VECTOR_LANES };

static void tsr_f32_sum_of_squares(const struct tsr_sum_of_squares_f32 *block) {
  vector_double sums[SQUARE_VECTORS];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < SQUARE_VECTORS; i++) sums[i] = vector_double_zero();
  for (size_t row = 0; row < block->rows; ++row) {
    const float *input = block->input + (ptrdiff_t)row * block->input_stride;
    size_t column = 0;
    for (; block->columns - column >= TSR_SQUARE_LANES; column += TSR_SQUARE_LANES) {
#pragma clang loop unroll(full)
      for (size_t i = 0; i < SQUARE_VECTORS; i++) {
        sums[i] = vector_double_add_squares(sums[i], vector_load(input + column + i * VECTOR_LANES));
      }
    }
#pragma clang loop unroll(full)
    for (size_t i = 0; i < SQUARE_VECTORS; i++) {
      const size_t here = column + i * VECTOR_LANES;
      if (here >= block->columns) continue;
      sums[i] = vector_double_add_squares(sums[i], columns_load(input + here, columns_here(block->columns - here)));
    }
  }
#pragma clang loop unroll(full)
  for (size_t i = 0; i < SQUARE_VECTORS; i++) vector_double_store(block->sums + i * VECTOR_LANES, sums[i]);
}
