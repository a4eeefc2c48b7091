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
struct tsr_contraction_block_f32 {
  size_t rows, columns, depth;
  const float *left;
  ptrdiff_t left_stride;
  const float *right;
  ptrdiff_t right_stride;   ///< from one k to the next: the panel's width where packed
  ptrdiff_t panel_stride;   ///< between panels: packed depth times the panel's width; unpacked, the width
  const float *addend;      ///< rows x columns, columns contiguous; NULL: 0
  ptrdiff_t addend_stride;
  const float *factors;     ///< of the rows, NULL: 1; 0 gives 0, whatever the sum
  float *output;
  ptrdiff_t output_stride;
  bool streaming;   ///< ask for non-temporal stores; honoured where rows are vector-aligned. The caller fences
};

typedef void (*tsr_f32_contraction_pack_kernel)(const struct tsr_contraction_pack_f32 *tile);
typedef void (*tsr_f32_contraction_block_kernel)(const struct tsr_contraction_block_f32 *block);

// Register tiles: AVX2 6 rows x 16 columns (12 accumulators of 16 registers), AVX-512 6 x 64 (24 of 32: it loads less
// per multiply-add than 14 x 32; llvm-mca gives it 0.89 of the peak of a Zen 4, 14 x 32 0.80). The panel width is a
// fact of the variant.
enum { TSR_CONTRACTION_PANEL__AVX2 = 16, TSR_CONTRACTION_PANEL__AVX512 = 64 };

#if defined(__x86_64__)
void tsr_f32_contraction_pack__avx2(const struct tsr_contraction_pack_f32 *tile);
void tsr_f32_contraction_block__avx2(const struct tsr_contraction_block_f32 *block);
void tsr_f32_contraction_pack__avx512(const struct tsr_contraction_pack_f32 *tile);
void tsr_f32_contraction_block__avx512(const struct tsr_contraction_block_f32 *block);
#endif

#endif
