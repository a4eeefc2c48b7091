#if defined(__x86_64__)
#include "tsr_contraction.h"

#include "../isa/avx2.h"

// 12 sums, 2 vectors of columns and 1 element of 16 registers.
enum { PANEL = 16, TILE_ROWS = 6, TILE_VECTORS = PANEL / VECTOR_LANES };

#include "transpose_avx2.h"

#include "pack_template.h"
#include "tile_template.h"
#include "block_template.h"
#include "rows_template.h"

static void tsr_f32_contraction_pack__avx2(const struct tsr_contraction_pack_f32 *tile) { contraction_pack(tile); }

static void tsr_f32_contraction_block__avx2(const struct tsr_contraction_block_f32 *block) {
  contraction_block(block);
}

static void tsr_f32_contraction_rows__avx2(const struct tsr_contraction_rows_f32 *rows) { contraction_rows_of(rows); }

static void tsr_f32_contraction_store__avx2(const struct tsr_contraction_store_f32 *block) {
  contraction_store(block);
}

const struct tsr_contraction_kernels tsr_contraction_kernels__avx2 = {
    .panel = PANEL,
    .pack = tsr_f32_contraction_pack__avx2,
    .block = tsr_f32_contraction_block__avx2,
    .rows = tsr_f32_contraction_rows__avx2,
    .store = tsr_f32_contraction_store__avx2,
};

#include "../isa/end.h"
#endif
