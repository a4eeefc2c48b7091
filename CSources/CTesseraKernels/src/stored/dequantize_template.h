// Stored elements written as floats, on the vector layer: see tsr_stored.h. Include it behind elements.h.

TSR_INLINE void dequantize(enum tsr_stored_type type, const struct tsr_dequantize_f32 *call) {
  const size_t groups = stored_groups(type), bytes = stored_block_bytes(type);
  const size_t elements = groups * STORED_GROUP, blocks = call->count / elements;
  for (size_t b = 0; b < blocks; b++) {
    const uint8_t *block = call->stored + b * bytes;
    float *output = call->output + b * elements;
    struct stored_factors factors;
    stored_begin(type, block, &factors);
#pragma clang loop unroll(full)
    for (size_t g = 0; g < groups; g++) {
      vector x[STORED_VECTORS];
      stored_group(type, block, &factors, g, x);
#pragma clang loop unroll(full)
      for (size_t i = 0; i < STORED_VECTORS; i++) vector_store(output + g * STORED_GROUP + i * VECTOR_LANES, x[i]);
    }
  }
  const size_t rest = call->count - blocks * elements;
  if (!stored_is_number(type) || rest == 0) return;
  uint8_t block[128] = {0};
  memcpy(block, call->stored + blocks * bytes, rest * (bytes / STORED_GROUP));
  vector x[STORED_VECTORS];
  stored_group(type, block, NULL, 0, x);
  float output[STORED_GROUP];
  for (size_t i = 0; i < STORED_VECTORS; i++) vector_store(output + i * VECTOR_LANES, x[i]);
  memcpy(call->output + blocks * elements, output, rest * sizeof(float));
}

#define DEQUANTIZE(type) \
  STORED_APART void dequantize_##type(const struct tsr_dequantize_f32 *call) { dequantize(TSR_STORED_##type, call); }
STORED_TYPES(DEQUANTIZE)

#define DEQUANTIZE_CASE(type) case TSR_STORED_##type: dequantize_##type(call); break;
static void tsr_f32_dequantize(const struct tsr_dequantize_f32 *call) {
  switch (call->type) {
    case TSR_STORED_F32: memcpy(call->output, call->stored, call->count * sizeof(float)); break;
    STORED_TYPES(DEQUANTIZE_CASE)
  }
}
