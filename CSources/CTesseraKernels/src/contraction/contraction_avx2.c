#if defined(__x86_64__)
#include "tsr_contraction.h"

#include "../isa/avx2.h"

// 12 sums, 2 vectors of columns and 1 element of 16 registers.
enum { PANEL = TSR_CONTRACTION_PANEL__AVX2, TILE_ROWS = 6, TILE_VECTORS = PANEL / VECTOR_LANES };

#include "transpose_avx2.h"

#include "pack_template.h"
#include "tile_template.h"
#include "block_template.h"

void tsr_f32_contraction_pack__avx2(const struct tsr_contraction_pack_f32 *tile) { contraction_pack(tile); }

void tsr_f32_contraction_block__avx2(const struct tsr_contraction_block_f32 *block) { contraction_block(block); }

#include "../isa/end.h"
#endif
