// The kernels of tsr_philox.h, written once. Include after a words_*.h.
#include "stream.h"

static void tsr_u8_dropout_mask(const struct tsr_dropout *dropout, size_t columns, uint8_t *mask) {
  struct philox_row row;
  philox_begin_row(&row, dropout, 0, PHILOX_DECISION_BIAS);
  const philox_draws limit = philox_limit(dropout->threshold);
  philox_words blocks = philox_blocks(0);
  size_t column = 0;
  struct philox_decisions kept[2];
  for (; columns - column >= 2 * PHILOX_STEP; column += 2 * PHILOX_STEP) {
    philox_decisions_next(&row, &blocks, limit, 2, kept);
    philox_store_bytes(mask + column, philox_mask_bytes(kept[0]));
    philox_store_bytes(mask + column + PHILOX_STEP, philox_mask_bytes(kept[1]));
  }
  for (; column < columns; column += PHILOX_STEP) {
    philox_decisions_next(&row, &blocks, limit, 1, kept);
    philox_store_mask(mask + column, philox_columns_here(columns - column), philox_mask_bytes(kept[0]), false);
  }
}

#define PHILOX_KERNELS .dropout_mask = tsr_u8_dropout_mask
