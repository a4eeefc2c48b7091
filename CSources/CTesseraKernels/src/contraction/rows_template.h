// What lies before and behind the tiles of a product: rows of the left operand one after the other, and finished sums
// brought into rows (tsr_contraction.h). PANEL is the including file's; include after pack_template.h.

/// Depth that is not contiguous: square blocks are transposed in registers.
TSR_INLINE void contraction_rows_transposed(const struct tsr_contraction_rows_f32 *call) {
  for (size_t row = 0; row < call->rows; row += VECTOR_LANES) {
    const size_t rows = columns_here(call->rows - row);
    for (size_t k = 0; k < call->depth; k += VECTOR_LANES) {
      const size_t steps = columns_here(call->depth - k);
      vector block[VECTOR_LANES];
      for (size_t i = 0; i < VECTOR_LANES; i++) {
        block[i] = vector_zero();
        if (i >= steps) continue;
        block[i] = columns_load(call->left + (ptrdiff_t)(k + i) * call->depth_stride + (ptrdiff_t)row, rows);
      }
      vector_transpose(block);
      for (size_t i = 0; i < rows; i++) {
        columns_store(call->packed + (row + i) * call->packed_stride + k, steps, block[i], false);
      }
    }
  }
}

TSR_INLINE void contraction_rows_of(const struct tsr_contraction_rows_f32 *call) {
  if (call->depth_stride != 1 && call->depth > 1) return contraction_rows_transposed(call);
  for (size_t row = 0; row < call->rows; row++) {
    const float *from = call->left + (ptrdiff_t)row * call->row_stride;
    float *to = call->packed + row * call->packed_stride;
    for (size_t k = 0; k < call->depth; k += VECTOR_LANES) {
      const size_t steps = columns_here(call->depth - k);
      columns_store(to + k, steps, columns_load(from + k, steps), false);
    }
  }
}

/// `streamed` is a constant where this is inlined.
TSR_INLINE void contraction_store_rows(const struct tsr_contraction_store_f32 *call, bool streamed) {
  for (size_t row = 0; row < call->rows; row++) {
    float *to = call->output + (ptrdiff_t)row * call->output_stride;
    for (size_t column = 0; column < call->columns; column += VECTOR_LANES) {
      const float *from = call->sums + column / PANEL * call->panel_stride + row * PANEL + column % PANEL;
      columns_store(to + column, columns_here(call->columns - column), vector_load(from), streamed);
    }
  }
}

TSR_INLINE void contraction_store(const struct tsr_contraction_store_f32 *call) {
  const uintptr_t row_bytes = (uintptr_t)call->output_stride * sizeof(float);
  if (call->streaming && columns_aligned(call->output, row_bytes)) {
    contraction_store_rows(call, true);
  } else {
    contraction_store_rows(call, false);
  }
}
