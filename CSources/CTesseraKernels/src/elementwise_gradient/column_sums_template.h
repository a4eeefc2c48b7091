// Sums over rows of tsr_elementwise_gradient.h, written once. Include after an instruction-set layer.
#include <string.h>

#include "../isa/columns.h"

/// Rows that are added up in registers before their sum goes to the columns' sums, which are in cache.
enum { COLUMN_SUMS_ROWS = 4 };

/// Adds `count` columns from `column` of `rows` rows, a constant; pairs first, so that errors grow slowly.
TSR_INLINE void column_sums_add(
    const struct tsr_column_sums_f32 *block, size_t index, size_t rows, size_t column, size_t count) {
  vector x[COLUMN_SUMS_ROWS];
#pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; ++row) {
    x[row] = columns_load(block->input + (ptrdiff_t)(index + row) * block->input_stride + column, count);
  }
#pragma clang loop unroll(full)
  for (size_t step = 1; step < rows; step *= 2) {
#pragma clang loop unroll(full)
    for (size_t row = 0; row + step < rows; row += 2 * step) x[row] = x[row] + x[row + step];
  }
  float *sums = block->sums + column;
  columns_store(sums, count, columns_load(sums, count) + x[0], false);
}

TSR_INLINE void column_sums_group(const struct tsr_column_sums_f32 *block, size_t index, size_t rows) {
  size_t column = 0;
  for (; block->columns - column >= VECTOR_LANES; column += VECTOR_LANES) {
    column_sums_add(block, index, rows, column, VECTOR_LANES);
  }
  if (column < block->columns) column_sums_add(block, index, rows, column, block->columns - column);
}

static void tsr_f32_column_sums(const struct tsr_column_sums_f32 *rows) {
  const struct tsr_column_sums_f32 block = *rows;  // a copy, which no store can be thought to change
  if (block.columns == 0) return;
  memset(block.sums, 0, block.columns * sizeof(float));
  size_t index = 0;
  for (; block.rows - index >= COLUMN_SUMS_ROWS; index += COLUMN_SUMS_ROWS) {
    column_sums_group(&block, index, COLUMN_SUMS_ROWS);
  }
  for (; index < block.rows; ++index) column_sums_group(&block, index, 1);
}
