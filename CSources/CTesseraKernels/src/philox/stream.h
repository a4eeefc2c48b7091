// The decision stream of one row on vectors (formula in tsr_dropout.h). Include after a words_*.h.

// A round multiplies words 0 and 2 by these and adds the others to the key at every round (Salmon et al., SC 2011).
#define PHILOX_MULTIPLIER_0 0xD2511F53u
#define PHILOX_MULTIPLIER_2 0xCD9E8D57u
#define PHILOX_WEYL_0 0x9E3779B9u
#define PHILOX_WEYL_1 0xBB67AE85u

enum { PHILOX_ROUNDS = 10, PHILOX_COLUMNS_PER_BLOCK = 8 };

/// What all counters of a row share. Only counter word 0 varies along a row, so in the first three rounds part of the
/// state is constant; `round1` ... `round3` hold it, joined with the key where both are only ever added together.
struct philox_row {
  philox_words round1_word2;               ///< offset ^ key 1
  philox_words round2_word0, round2_word2; ///< word 1 ^ key 0; high half of the product of word 0, ^ key 1
  philox_words round3_word2;               ///< word 3 ^ key 1
  philox_words key0[PHILOX_ROUNDS], key1[PHILOX_ROUNDS];
  philox_words bias;                       ///< what the high halves of the last round's words 0 and 2 are xored with
};

/// The row `dropout->row + row`, with `bias` xored onto every draw.
TSR_INLINE void philox_begin_row(
    struct philox_row *state, const struct tsr_dropout *dropout, uint32_t row, uint16_t bias) {
  uint32_t key0[PHILOX_ROUNDS], key1[PHILOX_ROUNDS];
  for (uint32_t round = 0; round < PHILOX_ROUNDS; ++round) {
    key0[round] = dropout->key[0] + round * PHILOX_WEYL_0;
    key1[round] = dropout->key[1] + round * PHILOX_WEYL_1;
  }
  const uint64_t product1 = (uint64_t)PHILOX_MULTIPLIER_2 * dropout->plane;
  const uint32_t word0 = (uint32_t)(product1 >> 32) ^ (dropout->row + row) ^ key0[0];
  const uint64_t product2 = (uint64_t)PHILOX_MULTIPLIER_0 * word0;
  state->round1_word2 = philox_broadcast(dropout->offset ^ key1[0]);
  state->round2_word0 = philox_broadcast((uint32_t)product1 ^ key0[1]);
  state->round2_word2 = philox_broadcast((uint32_t)(product2 >> 32) ^ key1[1]);
  state->round3_word2 = philox_broadcast((uint32_t)product2 ^ key1[2]);
  const uint32_t bias_word = bias * 0x10001u;
  key0[PHILOX_ROUNDS - 1] ^= bias_word;
  key1[PHILOX_ROUNDS - 1] ^= bias_word;
  for (int round = 2; round < PHILOX_ROUNDS; ++round) {
    state->key0[round] = philox_broadcast(key0[round]);
    state->key1[round] = philox_broadcast(key1[round]);
  }
  state->bias = philox_broadcast((uint64_t)bias_word << 32);
}

/// Counter word 0 of the lanes of the step that begins at `block`; the next step is PHILOX_LANES further.
TSR_INLINE philox_words philox_blocks(uint32_t block) {
  return philox_add(philox_broadcast(block), philox_lane_blocks());
}

/// The state of one step's counters between rounds; word 0 and 2 are the ones that the next round multiplies.
struct philox_state {
  philox_words word0, word1, word2, word3;
};

/// Rounds 1 and 2 of ten, for the counters whose word 0 is `blocks`.
TSR_INLINE struct philox_state philox_begin_step(const struct philox_row *row, philox_words blocks) {
  const philox_words multiplier0 = philox_broadcast(PHILOX_MULTIPLIER_0);
  const philox_words multiplier2 = philox_broadcast(PHILOX_MULTIPLIER_2);
  const philox_words product0 = philox_multiply(blocks, multiplier0);
  const philox_words word2 = philox_xor(philox_high(product0), row->round1_word2);
  const philox_words product2 = philox_multiply(word2, multiplier2);
  // Word 3 is constant here; round 3 finds it in `round3_word2`.
  return (struct philox_state){
      .word0 = philox_xor(philox_high(product2), row->round2_word0),
      .word1 = product2,
      .word2 = philox_xor(product0, row->round2_word2),
  };
}

TSR_INLINE struct philox_state philox_round(
    const struct philox_row *row, struct philox_state state, int round) {
  const philox_words product0 = philox_multiply(state.word0, philox_broadcast(PHILOX_MULTIPLIER_0));
  const philox_words product2 = philox_multiply(state.word2, philox_broadcast(PHILOX_MULTIPLIER_2));
  return (struct philox_state){
      .word0 = philox_xor3(philox_high(product2), state.word1, row->key0[round]),
      .word1 = product2,
      .word2 = round == 2 ? philox_xor(philox_high(product0), row->round3_word2)
                          : philox_xor3(philox_high(product0), state.word3, row->key1[round]),
      .word3 = product0,
  };
}

/// The last round, and the draws in the layer's order of blocks.
TSR_INLINE void philox_end_step(
    const struct philox_row *row, struct philox_state state, philox_draws *low, philox_draws *high) {
  const int last = PHILOX_ROUNDS - 1;
  const philox_words product0 = philox_multiply(state.word0, philox_broadcast(PHILOX_MULTIPLIER_0));
  const philox_words product2 = philox_multiply(state.word2, philox_broadcast(PHILOX_MULTIPLIER_2));
  // A product with its halves swapped already holds the new odd word above and the high half below.
  const philox_words words01 =
      philox_xor(philox_swap_halves(product2), philox_xor_below(state.word1, row->key0[last], row->bias));
  const philox_words words23 =
      philox_xor(philox_swap_halves(product0), philox_xor_below(state.word3, row->key1[last], row->bias));
  *low = philox_interleave_low(words01, words23);
  *high = philox_interleave_high(words01, words23);
}

/// The draws of one or two consecutive steps, `count` a constant. Two go through the rounds side by side: chains that
/// do not depend on each other cover the latency of ten multiplications. `blocks` moves on.
TSR_INLINE void philox_generate(
    const struct philox_row *row, philox_words *blocks, int count, philox_draws low[], philox_draws high[]) {
  struct philox_state states[2];
  for (int step = 0; step < count; ++step) {
    states[step] = philox_begin_step(row, *blocks);
    *blocks = philox_add(*blocks, philox_broadcast(PHILOX_LANES));
  }
#pragma clang loop unroll(full)
  for (int round = 2; round < PHILOX_ROUNDS - 1; ++round) {
    for (int step = 0; step < count; ++step) states[step] = philox_round(row, states[step], round);
  }
  for (int step = 0; step < count; ++step) philox_end_step(row, states[step], &low[step], &high[step]);
}

/// The keep decisions of one or two steps, `count` a constant; the row was begun with PHILOX_DECISION_BIAS.
TSR_INLINE void philox_decisions_next(
    const struct philox_row *row, philox_words *blocks, philox_draws limit, int count,
    struct philox_decisions kept[]) {
  philox_draws low[2], high[2];
  philox_generate(row, blocks, count, low, high);
  for (int step = 0; step < count; ++step) {
    kept[step] = philox_decide(low[step], high[step], limit);
    philox_settle(&kept[step]);
  }
}

/// Stores the first `count` mask bytes of a step, 1 ... PHILOX_STEP; whole steps go past the caches where `streamed`.
TSR_INLINE void philox_store_mask(uint8_t *mask, size_t count, philox_bytes bytes, bool streamed) {
  if (count != PHILOX_STEP) {
    uint8_t step[PHILOX_STEP];
    philox_store_bytes(step, bytes);
    for (size_t index = 0; index < count; ++index) mask[index] = step[index];
  } else if (streamed) {
    philox_stream_bytes(mask, bytes);
  } else {
    philox_store_bytes(mask, bytes);
  }
}

/// The columns of a step that begins `rest` columns before the end of the row.
TSR_INLINE size_t philox_columns_here(size_t rest) { return rest < PHILOX_STEP ? rest : PHILOX_STEP; }
