// Access to the next `count` columns of a row, 1 ... VECTOR_LANES. Include after an instruction-set layer.
// Main loops pass the constant VECTOR_LANES, so that the choice below is made when the template is compiled.
#ifndef TSR_ISA_COLUMNS_H
#define TSR_ISA_COLUMNS_H

TSR_INLINE size_t columns_here(size_t rest) { return rest < VECTOR_LANES ? rest : VECTOR_LANES; }

/// Columns past `count` are not read and come out as 0.
TSR_INLINE vector columns_load(const float *p, size_t count) {
  return count == VECTOR_LANES ? vector_load(p) : vector_load_lanes(p, vector_first_lanes(count));
}

/// Columns past `count` are not written. Whole vectors go past the caches where `streamed`, which must be constant.
TSR_INLINE void columns_store(float *p, size_t count, vector x, bool streamed) {
  if (count != VECTOR_LANES) {
    vector_store_lanes(p, vector_first_lanes(count), x);
  } else if (streamed) {
    vector_stream(p, x);
  } else {
    vector_store(p, x);
  }
}

/// Whether each of the rows that begin at `base`, `stride_bytes` apart, is aligned to the vector. Callers take stride
/// times size of unsigned numbers: a single row may have any stride, and the product may wrap.
TSR_INLINE bool columns_aligned(const void *base, uintptr_t stride_bytes) {
  return ((uintptr_t)base | stride_bytes) % VECTOR_BYTES == 0;
}

enum { FLOATS_PER_CACHE_LINE = 16, CACHE_LINE_BYTES = 64 };

/// Floats that `columns_prefetch_ahead` looks ahead: what some 300 cycles of work take in, the way to main memory.
enum { COLUMNS_AHEAD = 512 };

/// Asks for the cache lines of `count` (a constant) columns that come COLUMNS_AHEAD after `p`; past the end of a row it
/// asks for lines of the next, or for nothing. For loops with so much arithmetic a line that few loads are in flight
/// and the processor's own prefetching falls behind.
TSR_INLINE void columns_prefetch_ahead(const float *p, size_t count) {
#pragma clang loop unroll(full)
  for (size_t line = 0; line < count; line += FLOATS_PER_CACHE_LINE) vector_prefetch(p + COLUMNS_AHEAD + line);
}

/// Columns of the next row that are asked for early: 32 KiB, so that long rows do not push each other out of the cache.
enum { COLUMNS_PREFETCH = 8192 };

/// Asks for the cache lines of `count` (a constant) columns of the next row. Without it memory would stand idle while
/// later passes work on what is cached already. `next` is NULL where nothing is to be asked for.
TSR_INLINE void columns_prefetch(const float *next, size_t column, size_t count) {
  if (next == NULL || column >= COLUMNS_PREFETCH) return;
#pragma clang loop unroll(full)
  for (size_t line = 0; line < count; line += FLOATS_PER_CACHE_LINE) vector_prefetch(next + column + line);
}

#endif
