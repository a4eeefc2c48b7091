// The kernels of tsr_philox.h, written once. Include after a words_*.h.
#include "stream.h"

TSR_INLINE void dropout_mask(const struct tsr_dropout *dropout, size_t columns, uint8_t *mask) {
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

TSR_INLINE void draw_blocks(const struct tsr_dropout *dropout, uint32_t first_block, size_t count, uint16_t *draws) {
  struct philox_row row;
  philox_begin_row(&row, dropout, 0, 0);
  philox_words blocks = philox_blocks(first_block);
  philox_draws low[2], high[2];
  const size_t total = PHILOX_COLUMNS_PER_BLOCK * count;
  size_t index = 0;
  for (; total - index >= 2 * PHILOX_STEP; index += 2 * PHILOX_STEP) {
    philox_generate(&row, &blocks, 2, low, high);
    philox_store_draws(draws + index, low[0], high[0]);
    philox_store_draws(draws + index + PHILOX_STEP, low[1], high[1]);
  }
  for (; index < total; index += PHILOX_STEP) {
    philox_generate(&row, &blocks, 1, low, high);
    if (total - index >= PHILOX_STEP) {
      philox_store_draws(draws + index, low[0], high[0]);
    } else {
      uint16_t step[PHILOX_STEP];
      philox_store_draws(step, low[0], high[0]);
      for (size_t rest = 0; rest < total - index; ++rest) draws[index + rest] = step[rest];
    }
  }
}
