// Sums of rows in an order that is given, of tsr_elementwise_gradient.h, written once. Include after an instruction-set
// layer.
#include "../isa/columns.h"

/// Rows that are added up in registers before their sum goes to the output, which is then in cache.
enum { ORDERED_ROW_SUM_ROWS = 8 };
/// Vectors taken in one go.
enum { ORDERED_ROW_SUM_UNROLL = 4 };

/// `vectors` vectors, a constant, from `column` on, of `count` rows, the last of which holds `columns` columns.
TSR_INLINE void ordered_row_sum_step(
    const float *const *rows, size_t count, float *output, size_t column, size_t vectors, size_t columns, bool adds,
    bool streamed) {
  vector sum[ORDERED_ROW_SUM_UNROLL];
  const float *const first = adds ? output : rows[0];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < vectors; ++i) sum[i] = columns_load(first + column + i * VECTOR_LANES, columns);
  for (size_t row = adds ? 0 : 1; row < count; ++row) {
#pragma clang loop unroll(full)
    for (size_t i = 0; i < vectors; ++i) {
      sum[i] = sum[i] + columns_load(rows[row] + column + i * VECTOR_LANES, columns);
    }
  }
#pragma clang loop unroll(full)
  for (size_t i = 0; i < vectors; ++i) columns_store(output + column + i * VECTOR_LANES, columns, sum[i], streamed);
}

/// One way along the columns of `count` rows, 1 ... ORDERED_ROW_SUM_ROWS.
TSR_INLINE void ordered_row_sum_sweep(
    const float *const *rows, size_t count, float *output, size_t columns, bool adds, bool streamed) {
  const size_t turn = ORDERED_ROW_SUM_UNROLL * VECTOR_LANES;
  size_t column = 0;
  for (; columns - column >= turn; column += turn) {
    ordered_row_sum_step(rows, count, output, column, ORDERED_ROW_SUM_UNROLL, VECTOR_LANES, adds, streamed);
  }
  for (; column < columns; column += VECTOR_LANES) {
    ordered_row_sum_step(rows, count, output, column, 1, columns_here(columns - column), adds, streamed);
  }
}

TSR_INLINE void ordered_row_sum_zero(float *output, size_t columns, bool streamed) {
  for (size_t column = 0; column < columns; column += VECTOR_LANES) {
    columns_store(output + column, columns_here(columns - column), vector_zero(), streamed);
  }
}

static void tsr_f32_ordered_row_sum(const struct tsr_ordered_row_sum_f32 *rows) {
  const struct tsr_ordered_row_sum_f32 block = *rows;  // a copy, which no store can be thought to change
  const bool streamed = block.streaming && !block.accumulates && block.rows <= ORDERED_ROW_SUM_ROWS
      && columns_aligned(block.output, 0);
  if (block.rows == 0) {
    if (block.accumulates) return;
    if (streamed) {
      ordered_row_sum_zero(block.output, block.columns, true);
    } else {
      ordered_row_sum_zero(block.output, block.columns, false);
    }
    return;
  }
  for (size_t index = 0; index < block.rows; index += ORDERED_ROW_SUM_ROWS) {
    const size_t rest = block.rows - index, count = rest < ORDERED_ROW_SUM_ROWS ? rest : ORDERED_ROW_SUM_ROWS;
    const float *inputs[ORDERED_ROW_SUM_ROWS];
    for (size_t row = 0; row < count; ++row) inputs[row] = block.input + block.order[index + row] * block.input_stride;
    if (block.accumulates || index > 0) {
      ordered_row_sum_sweep(inputs, count, block.output, block.columns, true, false);
    } else if (streamed) {
      ordered_row_sum_sweep(inputs, count, block.output, block.columns, false, true);
    } else {
      ordered_row_sum_sweep(inputs, count, block.output, block.columns, false, false);
    }
  }
}
