/// Turns 16 vectors that are the rows of a 16 x 16 block into its columns.
TSR_INLINE void vector_transpose(vector rows[VECTOR_LANES]) {
  vector pairs[16], quads[16];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 16; i += 2) {
    pairs[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
  }
  // Quarter q of quads[4 g + j] then holds column 4 q + j of rows 4 g ... 4 g + 3.
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 16; i += 4) {
    quads[i] = _mm512_shuffle_ps(pairs[i], pairs[i + 2], _MM_SHUFFLE(1, 0, 1, 0));
    quads[i + 1] = _mm512_shuffle_ps(pairs[i], pairs[i + 2], _MM_SHUFFLE(3, 2, 3, 2));
    quads[i + 2] = _mm512_shuffle_ps(pairs[i + 1], pairs[i + 3], _MM_SHUFFLE(1, 0, 1, 0));
    quads[i + 3] = _mm512_shuffle_ps(pairs[i + 1], pairs[i + 3], _MM_SHUFFLE(3, 2, 3, 2));
  }
  // What is left is a 4 x 4 transpose of quarters for each j.
#pragma clang loop unroll(full)
  for (size_t j = 0; j < 4; j++) {
    const vector low01 = _mm512_shuffle_f32x4(quads[j], quads[4 + j], _MM_SHUFFLE(1, 0, 1, 0));
    const vector high01 = _mm512_shuffle_f32x4(quads[j], quads[4 + j], _MM_SHUFFLE(3, 2, 3, 2));
    const vector low23 = _mm512_shuffle_f32x4(quads[8 + j], quads[12 + j], _MM_SHUFFLE(1, 0, 1, 0));
    const vector high23 = _mm512_shuffle_f32x4(quads[8 + j], quads[12 + j], _MM_SHUFFLE(3, 2, 3, 2));
    rows[j] = _mm512_shuffle_f32x4(low01, low23, _MM_SHUFFLE(2, 0, 2, 0));
    rows[4 + j] = _mm512_shuffle_f32x4(low01, low23, _MM_SHUFFLE(3, 1, 3, 1));
    rows[8 + j] = _mm512_shuffle_f32x4(high01, high23, _MM_SHUFFLE(2, 0, 2, 0));
    rows[12 + j] = _mm512_shuffle_f32x4(high01, high23, _MM_SHUFFLE(3, 1, 3, 1));
  }
}
