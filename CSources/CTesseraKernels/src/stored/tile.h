// What the register tiles of linear maps with stored weights share. Include it behind a vector layer.

/// How far ahead of their use weights are asked for: columns of a tile are too short for a processor's own streams.
enum { STORED_AHEAD = 8192 };

/// A register tile: up to four input rows against up to four weight rows, which lie one after the other.
struct stored_tile {
  const float *input;
  ptrdiff_t input_stride;
  const uint8_t *weight;
  size_t row_bytes;
};

/// Asks for what lies STORED_AHEAD behind these weights.
TSR_INLINE void stored_ahead(const uint8_t *weight, size_t bytes) {
#pragma clang loop unroll(full)
  for (size_t line = 0; line < bytes; line += 64) {
    vector_prefetch((const float *)(const void *)(weight + STORED_AHEAD + line));
  }
}

/// The sums of a tile's lanes, written or added.
TSR_INLINE void stored_store(
    const struct tsr_stored_linear_f32 *call, size_t rows, size_t columns, const vector sums[4][4], float *output) {
#pragma clang loop unroll(full)
  for (size_t c = 0; c < columns; c++) {
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) {
      float *place = output + (ptrdiff_t)r * call->output_stride + c;
      const float sum = vector_sum(sums[c][r]);
      *place = call->accumulate ? *place + sum : sum;
    }
  }
}
