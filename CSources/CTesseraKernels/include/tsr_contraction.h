#ifndef TSR_CONTRACTION_H
#define TSR_CONTRACTION_H

#include <stdbool.h>
#include <stddef.h>

/// Packs a depth x columns tile of the right operand into panels of `panel` columns.
///
/// Element (k, c) of the tile is right[k * depth_stride + c * column_stride] (strides in elements); one of the two
/// strides is 1. Panel j holds columns j*panel ..< (j+1)*panel: packed[(j * depth + k) * panel + c - j*panel].
/// Columns past the end are written as 0 up to the end of a vector of the variant's, and not at all beyond.
/// packed: ceil(columns / panel) * panel * depth floats, 64-byte aligned.
struct tsr_contraction_pack_f32 {
  size_t depth, columns;
  const float *right;
  ptrdiff_t depth_stride, column_stride;
  float *packed;
};

/// output[r][c] = factors[r] * (addend[r][c] + sum_k left[r][k] * right(k, c)) for a rows x columns tile.
///
/// left: rows x depth, `left_stride` elements between rows, depth contiguous. right(k, c) is element
/// right[j * panel_stride + k * right_stride + c - j * panel] of panel j = c / panel: as written by the pack kernel of
/// the same variant, from the first of the `depth` rows that are used, or where it lies, with columns contiguous and
/// readable to the end of the variant's last vector. output: `output_stride` elements between rows,
/// columns contiguous; overlaps nothing that is read, but for an addend in the same places.
/// Every sum is one chain of fused multiply-adds over k in ascending order that begins with the addend (or 0), so a
/// result depends neither on how rows or columns are split nor on a split of depth into calls that add to each other's.
/// With `addend_last` the chain begins with 0, so that the error of a sum over many calls grows with their
/// number and not with that of their steps.
struct tsr_contraction_block_f32 {
  size_t rows, columns, depth;
  const float *left;
  ptrdiff_t left_stride;
  const float *right;
  ptrdiff_t right_stride;   ///< from one k to the next: the panel's width where packed
  ptrdiff_t panel_stride;   ///< between panels: packed depth times the panel's width; unpacked, the width
  const float *addend;      ///< rows x columns, columns contiguous; NULL: 0
  ptrdiff_t addend_stride;
  bool addend_last;
  const float *factors;     ///< of the rows, NULL: 1; 0 gives 0, whatever the sum
  float *output;
  ptrdiff_t output_stride;
  bool streaming;   ///< ask for non-temporal stores; honoured where rows are vector-aligned. The caller fences
  /// Whether the right operand, no wider than a panel, stays in the first-level cache while all rows pass. Then nothing
  /// of it is asked for ahead; else `right_ahead` floats before their use, where it is not packed or for 0: 512, which
  /// suits the second-level cache.
  bool resident;
  size_t right_ahead;
  /// What the caller needs soon, asked for into the second-level cache: `next_runs` runs of `next_bytes` bytes,
  /// `next_stride` bytes from one to the next. Nothing is asked for where it is NULL, where the right operand is not
  /// packed, and of a depth below four.
  const char *next;
  size_t next_runs, next_bytes;
  ptrdiff_t next_stride;
};

/// packed[r * packed_stride + k] = left[r * row_stride + k * depth_stride]: left rows, one after the other.
///
/// One of the two strides is 1 (strides in elements), or there is one row, or a depth of one. packed: 64-byte aligned,
/// packed_stride a multiple of 16 and at least depth; apart from what is read. Nothing past depth is written.
struct tsr_contraction_rows_f32 {
  size_t rows, depth;
  const float *left;
  ptrdiff_t row_stride, depth_stride;
  float *packed;
  size_t packed_stride;
};

/// output[r][c] = sums[c / panel * panel_stride + r * panel + c % panel]: finished sums of panels, brought into rows.
///
/// sums: 64-byte aligned, panels of rows x panel floats. output: rows x columns, `output_stride` elements between rows,
/// columns contiguous; overlaps nothing that is read. `streaming` asks for non-temporal stores; honoured where rows are
/// vector-aligned. The caller fences.
struct tsr_contraction_store_f32 {
  size_t rows, columns;
  const float *sums;
  size_t panel_stride;
  float *output;
  ptrdiff_t output_stride;
  bool streaming;
};

typedef void (*tsr_f32_contraction_pack_kernel)(const struct tsr_contraction_pack_f32 *tile);
typedef void (*tsr_f32_contraction_block_kernel)(const struct tsr_contraction_block_f32 *block);
typedef void (*tsr_f32_contraction_rows_kernel)(const struct tsr_contraction_rows_f32 *rows);
typedef void (*tsr_f32_contraction_store_kernel)(const struct tsr_contraction_store_f32 *block);

/// The functions of an instruction set. Register tiles: AVX2 6 rows x 16 columns (12 accumulators of 16 registers),
/// AVX-512 6 x 64 (24 of 32), which loads least for each multiply-add: docs/tuning.md.
struct tsr_contraction_kernels {
  size_t panel;  ///< columns of a packed panel: the width of the register tile
  tsr_f32_contraction_pack_kernel pack;
  tsr_f32_contraction_block_kernel block;
  tsr_f32_contraction_rows_kernel rows;
  tsr_f32_contraction_store_kernel store;
};

#if defined(__x86_64__)
extern const struct tsr_contraction_kernels tsr_contraction_kernels__avx2;
extern const struct tsr_contraction_kernels tsr_contraction_kernels__avx512;
#endif

#endif
