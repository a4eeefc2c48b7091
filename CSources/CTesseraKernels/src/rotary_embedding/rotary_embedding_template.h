// The kernels of tsr_rotary_embedding.h, written once. Include after an instruction-set layer.
#include "../isa/columns.h"

#include <assert.h>

/// Each of `count` / 2 values, which begin at `p`, twice; `count` is even, 2 ... VECTOR_LANES.
TSR_INLINE vector rotary_load_twice(const float *p, size_t count) {
  return count == VECTOR_LANES ? vector_load_twice(p)
                               : vector_twice(vector_load_lanes(p, vector_first_lanes(count / 2)));
}

/// `count` neighbouring columns, pair beside pair.
TSR_INLINE void rotary_interleaved(
    const float *input, float *output, const float *cosines, const float *sines, size_t count, bool streamed) {
  const vector x = columns_load(input, count);
  const vector swapped = vector_swap_pairs(x) * rotary_load_twice(sines, count);
  columns_store(output, count, vector_fma_alternating(x, rotary_load_twice(cosines, count), swapped), streamed);
}

/// `count` pairs, whose second elements lie `half` behind the first.
TSR_INLINE void rotary_half_split(
    const float *input, float *output, const float *cosines, const float *sines, size_t half, size_t count,
    bool streamed) {
  const vector a = columns_load(input, count), b = columns_load(input + half, count);
  const vector cosine = columns_load(cosines, count), sine = columns_load(sines, count);
  columns_store(output, count, vector_fma(a, cosine, -(b * sine)), streamed);
  columns_store(output + half, count, vector_fma(b, cosine, a * sine), streamed);
}

TSR_INLINE void rotary_head(
    const float *input, float *output, const float *table, size_t rotated, size_t columns, bool interleaved,
    bool streamed) {
  const size_t half = rotated / 2;
  const size_t end = interleaved ? rotated : half;
  size_t place = 0;
  for (; end - place >= VECTOR_LANES; place += VECTOR_LANES) {
    if (interleaved) {
      rotary_interleaved(
          input + place, output + place, table + place / 2, table + half + place / 2, VECTOR_LANES, streamed);
    } else {
      rotary_half_split(
          input + place, output + place, table + place, table + half + place, half, VECTOR_LANES, streamed);
    }
  }
  if (place < end) {
    if (interleaved) {
      rotary_interleaved(
          input + place, output + place, table + place / 2, table + half + place / 2, end - place, streamed);
    } else {
      rotary_half_split(
          input + place, output + place, table + place, table + half + place, half, end - place, streamed);
    }
  }
  for (size_t column = rotated; column < columns; column += VECTOR_LANES) {
    const size_t count = columns_here(columns - column);
    columns_store(output + column, count, columns_load(input + column, count), streamed);
  }
}

/// Whether stores are asked to go past the caches, and every whole vector of every output is aligned.
TSR_INLINE bool rotary_streams(const struct tsr_rotary_embedding_f32 *block, bool interleaved) {
  const ptrdiff_t parts = block->output_stride | block->output_head_stride | (ptrdiff_t)block->rotated
      | (interleaved ? 0 : (ptrdiff_t)(block->rotated / 2));
  return block->streaming && columns_aligned(block->output, (uintptr_t)parts * sizeof(float));
}

/// A head of a block: all heads of a position are taken before the next position.
struct rotary_place {
  size_t position, head;
};

TSR_INLINE void rotary_step(const struct tsr_rotary_embedding_f32 *block, struct rotary_place *place) {
  if (++place->head == block->head_count) *place = (struct rotary_place){place->position + 1, 0};
}

TSR_INLINE bool rotary_inside(const struct tsr_rotary_embedding_f32 *block, struct rotary_place place) {
  return place.position < block->position_count && place.head < block->head_count;
}

TSR_INLINE ptrdiff_t rotary_input_offset(const struct tsr_rotary_embedding_f32 *block, struct rotary_place place) {
  return (ptrdiff_t)place.position * block->input_stride + (ptrdiff_t)place.head * block->input_head_stride;
}

/// Floats of input that prefetches look ahead: eight heads of 128.
enum { ROTARY_AHEAD = 1024 };

TSR_INLINE void rotary_all(const struct tsr_rotary_embedding_f32 *heads, bool interleaved, bool streamed) {
  const struct tsr_rotary_embedding_f32 block = *heads;  // a copy, which no store can be thought to change
  struct rotary_place place = {0, 0}, ahead = {0, 0};
  // A head is too short for the processor to see where the next is, all the more where columns are left out.
  for (size_t column = 0; column < ROTARY_AHEAD && rotary_inside(&block, ahead); column += block.columns) {
    rotary_step(&block, &ahead);
  }
  for (; rotary_inside(&block, place); rotary_step(&block, &place)) {
    if (rotary_inside(&block, ahead)) {
      const float *next = block.input + rotary_input_offset(&block, ahead);
      for (size_t line = 0; line < block.columns; line += FLOATS_PER_CACHE_LINE) vector_prefetch(next + line);
      rotary_step(&block, &ahead);
    }
    float *output = block.output + (ptrdiff_t)place.position * block.output_stride
        + (ptrdiff_t)place.head * block.output_head_stride;
    rotary_head(
        block.input + rotary_input_offset(&block, place), output, block.table + place.position * block.rotated,
        block.rotated, block.columns, interleaved, streamed);
  }
}

TSR_INLINE void rotary_embedding(const struct tsr_rotary_embedding_f32 *block, bool interleaved) {
  assert(block->rotated % 2 == 0 && block->rotated <= block->columns);
  // Heads of no columns are no work, and would lie nowhere ahead of each other.
  if (block->columns == 0) return;
  if (rotary_streams(block, interleaved)) {
    rotary_all(block, interleaved, true);
    vector_stream_fence();
  } else {
    rotary_all(block, interleaved, false);
  }
}

static void tsr_f32_rotary_embedding_interleaved(const struct tsr_rotary_embedding_f32 *block) {
  rotary_embedding(block, true);
}
static void tsr_f32_rotary_embedding_half_split(const struct tsr_rotary_embedding_f32 *block) {
  rotary_embedding(block, false);
}

#define ROTARY_EMBEDDING_KERNELS                                                                                       \
  .interleaved = tsr_f32_rotary_embedding_interleaved, .half_split = tsr_f32_rotary_embedding_half_split
