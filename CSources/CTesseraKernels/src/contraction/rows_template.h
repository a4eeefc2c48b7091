// What lies before and behind the tiles of a product: rows of the left operand one after the other, and finished sums
// brought into rows (tsr_contraction.h). PANEL is the including file's; include after pack_template.h.

/// Depth that is not contiguous: square blocks are transposed in registers. The next steps, as many again, are asked
/// for into the second level: steps whose distance is a power of two fall into one set of the first.
TSR_INLINE void contraction_rows_transposed(const struct tsr_contraction_rows_f32 *call) {
  for (size_t k = 0; k < call->depth; k += VECTOR_LANES) {
    const size_t steps = columns_here(call->depth - k);
    for (size_t row = 0; row < call->rows; row += VECTOR_LANES) {
      const size_t rows = columns_here(call->rows - row);
      const float *from = call->left + (ptrdiff_t)k * call->depth_stride + (ptrdiff_t)row;
      float *to = call->packed + row * call->packed_stride + k;
      vector block[VECTOR_LANES];
      if (rows == VECTOR_LANES && steps == VECTOR_LANES) {
#pragma clang loop unroll(full)
        for (size_t i = 0; i < VECTOR_LANES; i++) {
          const float *step = from + (ptrdiff_t)i * call->depth_stride;
          vector_prefetch_far(pack_ahead(step, call->depth_stride, VECTOR_LANES));
          block[i] = vector_load(step);
        }
        vector_transpose(block);
#pragma clang loop unroll(full)
        for (size_t i = 0; i < VECTOR_LANES; i++) vector_store(to + i * call->packed_stride, block[i]);
        continue;
      }
      for (size_t i = 0; i < VECTOR_LANES; i++) {
        block[i] = i < steps ? columns_load(from + (ptrdiff_t)i * call->depth_stride, rows) : vector_zero();
      }
      vector_transpose(block);
      for (size_t i = 0; i < rows; i++) columns_store(to + i * call->packed_stride, steps, block[i], false);
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
