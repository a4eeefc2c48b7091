// Packing the right operand (tsr_contraction.h). PANEL is the including file's; include after a transpose_*.h.

#include "../isa/columns.h"

/// Steps of depth that packing asks for ahead of their use, of contiguous columns and of contiguous depth. It stores as
/// much as it loads, and with the transposes too little is in flight without: docs/tuning.md.
enum { PACK_AHEAD = 32, PACK_AHEAD_IN_ROW = 64 };

/// `steps` further, of unsigned numbers, because a single row may have any stride and nothing need lie there.
TSR_INLINE const float *pack_ahead(const float *from, ptrdiff_t stride, size_t steps) {
  return (const float *)((uintptr_t)from + (uintptr_t)stride * (steps * sizeof(float)));
}

/// A panel of `columns` columns whose columns are contiguous in memory: one row of the panel at a time.
TSR_INLINE void pack_panel_by_rows(
    size_t depth, size_t columns, const float *right, ptrdiff_t depth_stride, float *packed) {
  for (size_t k = 0; k < depth; k++) {
    const float *from = right + (ptrdiff_t)k * depth_stride;
    float *to = packed + k * PANEL;
#pragma clang loop unroll(full)
    for (size_t column = 0; column < PANEL; column += VECTOR_LANES) {
      if (column >= columns) break;
      vector_prefetch(pack_ahead(from + column, depth_stride, PACK_AHEAD));
      vector_store(to + column, columns_load(from + column, columns_here(columns - column)));
    }
  }
}

/// A panel of `columns` columns whose depth is contiguous in memory: square blocks are transposed in registers. Where
/// this panel's rows end, those of the next are asked for from their first step on, if there is one.
TSR_INLINE void pack_panel_by_columns(
    size_t depth, size_t columns, const float *right, ptrdiff_t column_stride, bool has_next, float *packed) {
  // Columns within depth: the panel is written from one end to the other. The processor's own prefetching does not
  // follow as many rows as it is read from.
  const size_t within = depth > PACK_AHEAD_IN_ROW ? depth - PACK_AHEAD_IN_ROW : 0;
  const size_t ending = (within + VECTOR_LANES - 1) / VECTOR_LANES * VECTOR_LANES;
  for (size_t k = 0; k < depth; k += VECTOR_LANES) {
    const size_t steps = depth - k < VECTOR_LANES ? depth - k : VECTOR_LANES;
    const vector_lanes lanes = vector_first_lanes(steps);
    const bool ends = k >= ending, asks = !ends || has_next;
    const size_t back = ends ? ending : 0;
    const ptrdiff_t ahead_stride = ends ? column_stride : 1;
    const size_t ahead = ends ? PANEL : PACK_AHEAD_IN_ROW;
    for (size_t column = 0; column < columns; column += VECTOR_LANES) {
      const float *from = right + (ptrdiff_t)column * column_stride + (ptrdiff_t)k;
      float *to = packed + k * PANEL + column;
      vector block[VECTOR_LANES];
      if (steps == VECTOR_LANES && column + VECTOR_LANES <= columns) {
#pragma clang loop unroll(full)
        for (size_t i = 0; i < VECTOR_LANES; i++) {
          const float *row = from + (ptrdiff_t)i * column_stride;
          // Into the second level: rows whose distance is a power of two fall into one set of the first.
          if (asks) vector_prefetch_far(pack_ahead(row - back, ahead_stride, ahead));
          block[i] = vector_load(row);
        }
        vector_transpose(block);
#pragma clang loop unroll(full)
        for (size_t i = 0; i < VECTOR_LANES; i++) vector_store(to + i * PANEL, block[i]);
      } else {
        for (size_t i = 0; i < VECTOR_LANES; i++) {
          const bool inside = column + i < columns;
          block[i] = inside ? vector_load_lanes(from + (ptrdiff_t)i * column_stride, lanes) : vector_zero();
        }
        vector_transpose(block);
        for (size_t i = 0; i < steps; i++) vector_store(to + i * PANEL, block[i]);
      }
    }
  }
}

TSR_INLINE void contraction_pack(const struct tsr_contraction_pack_f32 *tile) {
  for (size_t first = 0; first < tile->columns; first += PANEL) {
    const size_t left_over = tile->columns - first;
    const size_t columns = left_over < PANEL ? left_over : PANEL;
    const float *right = tile->right + (ptrdiff_t)first * tile->column_stride;
    float *packed = tile->packed + first * tile->depth;
    if (tile->column_stride == 1) {
      pack_panel_by_rows(tile->depth, columns, right, tile->depth_stride, packed);
    } else {
      pack_panel_by_columns(tile->depth, columns, right, tile->column_stride, left_over > PANEL, packed);
    }
  }
}
