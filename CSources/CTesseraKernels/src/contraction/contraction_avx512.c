#if defined(__x86_64__)
#include "tsr_contraction.h"

#include "../isa/avx512.h"

// 24 sums, 4 vectors of columns and 1 element of 32 registers.
enum { PANEL = 64, TILE_ROWS = 6, TILE_VECTORS = PANEL / VECTOR_LANES };

#include "transpose_avx512.h"

#include "pack_template.h"
#include "tile_template.h"
#include "block_template.h"
#include "rows_template.h"

static void tsr_f32_contraction_pack__avx512(const struct tsr_contraction_pack_f32 *tile) { contraction_pack(tile); }

static void tsr_f32_contraction_block__avx512(const struct tsr_contraction_block_f32 *block) {
  contraction_block(block);
}

static void tsr_f32_contraction_rows__avx512(const struct tsr_contraction_rows_f32 *rows) { contraction_rows_of(rows); }

static void tsr_f32_contraction_store__avx512(const struct tsr_contraction_store_f32 *block) {
  contraction_store(block);
}

const struct tsr_contraction_kernels tsr_contraction_kernels__avx512 = {
    .panel = PANEL,
    .pack = tsr_f32_contraction_pack__avx512,
    .block = tsr_f32_contraction_block__avx512,
    .rows = tsr_f32_contraction_rows__avx512,
    .store = tsr_f32_contraction_store__avx512,
};

#include "../isa/end.h"
#endif
