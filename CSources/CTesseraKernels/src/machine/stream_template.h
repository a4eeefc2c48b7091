// Written on the vector layer. How each mix walks its arrays is what reached most on the machines it was measured on.

/// Floats handled by one step; divides the 256 of the contract.
enum { STREAM_STEP = 64 };
/// Several places of one array are walked side by side, STREAM_RUN floats apart: the hardware prefetcher stops at the
/// end of every page, and with four runs there is always one in the middle of a page (docs/tuning.md).
enum { STREAM_RUNS = 4, STREAM_RUN = 16384 };
/// Floats that software prefetch looks ahead where non-temporal stores leave the reader behind.
enum { STREAM_AHEAD = 256 };

/// 1, so that repeated passes leave the data as it is; volatile, so that the compiler does not know.
static const volatile float stream_scale = 1.0f;

TSR_INLINE void stream_put(float *p, vector x, bool streaming) {
  if (streaming) {
    vector_stream(p, x);
  } else {
    vector_store(p, x);
  }
}

TSR_INLINE void stream_end(bool streaming) {
  if (streaming) {
    vector_stream_fence();
  }
}

enum { STREAM_VECTORS = STREAM_STEP / VECTOR_LANES };

/// Adds `runs` runs of `length` floats each to STREAM_VECTORS sums.
TSR_INLINE void stream_sum_runs(const float *a, size_t runs, size_t length, vector sums[STREAM_VECTORS]) {
  for (size_t i = 0; i < length; i += STREAM_STEP / runs) {
#pragma clang loop unroll(full)
    for (size_t v = 0; v < STREAM_VECTORS; v++) {
      const size_t each = STREAM_VECTORS / runs;
      sums[v] = sums[v] + vector_load(a + (v / each) * length + i + (v % each) * VECTOR_LANES);
    }
  }
}

static void tsr_machine_read(const struct tsr_machine_stream *arrays) {
  vector sums[STREAM_VECTORS];
  for (size_t v = 0; v < STREAM_VECTORS; v++) {
    sums[v] = vector_zero();
  }
  size_t i = 0;
  for (; i + STREAM_RUNS * STREAM_RUN <= arrays->count; i += STREAM_RUNS * STREAM_RUN) {
    stream_sum_runs(arrays->a + i, STREAM_RUNS, STREAM_RUN, sums);
  }
  stream_sum_runs(arrays->a + i, 1, arrays->count - i, sums);
  for (size_t v = 1; v < STREAM_VECTORS; v++) {
    sums[0] = sums[0] + sums[v];
  }
  *arrays->sink = vector_sum(sums[0]);
}

TSR_INLINE void stream_scale_runs(float *a, size_t runs, size_t length, vector scale) {
  for (size_t i = 0; i < length; i += STREAM_STEP / runs) {
#pragma clang loop unroll(full)
    for (size_t v = 0; v < STREAM_VECTORS; v++) {
      const size_t each = STREAM_VECTORS / runs;
      float *p = a + (v / each) * length + i + (v % each) * VECTOR_LANES;
      vector_store(p, vector_load(p) * scale);
    }
  }
}

TSR_INLINE void stream_in_place_plain(const struct tsr_machine_stream *arrays) {
  const vector scale = vector_broadcast(stream_scale);
  size_t i = 0;
  for (; i + STREAM_RUNS * STREAM_RUN <= arrays->count; i += STREAM_RUNS * STREAM_RUN) {
    stream_scale_runs(arrays->a + i, STREAM_RUNS, STREAM_RUN, scale);
  }
  stream_scale_runs(arrays->a + i, 1, arrays->count - i, scale);
}

TSR_INLINE void stream_in_place_streaming(const struct tsr_machine_stream *arrays) {
  const vector scale = vector_broadcast(stream_scale);
  for (size_t i = 0; i < arrays->count; i += STREAM_STEP) {
#pragma clang loop unroll(full)
    for (size_t j = i; j < i + STREAM_STEP; j += VECTOR_LANES) {
      if (j % 16 == 0) vector_prefetch(arrays->a + j + STREAM_AHEAD);
      vector_stream(arrays->a + j, vector_load(arrays->a + j) * scale);
    }
  }
  vector_stream_fence();
}

TSR_INLINE void stream_copy(const struct tsr_machine_stream *arrays, bool streaming) {
  for (size_t i = 0; i < arrays->count; i += STREAM_STEP) {
#pragma clang loop unroll(full)
    for (size_t j = 0; j < STREAM_STEP; j += VECTOR_LANES) {
      stream_put(arrays->b + i + j, vector_load(arrays->a + i + j), streaming);
    }
  }
  stream_end(streaming);
}

TSR_INLINE void stream_two_to_one(const struct tsr_machine_stream *arrays, bool streaming) {
  const vector scale = vector_broadcast(stream_scale);
  for (size_t i = 0; i < arrays->count; i += STREAM_STEP) {
#pragma clang loop unroll(full)
    for (size_t j = i; j < i + STREAM_STEP; j += VECTOR_LANES) {
      stream_put(arrays->c + j, vector_fma(scale, vector_load(arrays->b + j), vector_load(arrays->a + j)), streaming);
    }
  }
  stream_end(streaming);
}

TSR_INLINE void stream_one_to_two(const struct tsr_machine_stream *arrays, bool streaming) {
  const vector scale = vector_broadcast(stream_scale);
  for (size_t i = 0; i < arrays->count; i += STREAM_STEP) {
#pragma clang loop unroll(full)
    for (size_t j = i; j < i + STREAM_STEP; j += VECTOR_LANES) {
      if (streaming && j % 16 == 0) {
        vector_prefetch(arrays->a + j + STREAM_AHEAD);
      }
      const vector x = vector_load(arrays->a + j);
      stream_put(arrays->b + j, x, streaming);
      stream_put(arrays->c + j, x * scale, streaming);
    }
  }
  stream_end(streaming);
}

static void tsr_machine_in_place(const struct tsr_machine_stream *arrays) {
  if (arrays->streaming) {
    stream_in_place_streaming(arrays);
  } else {
    stream_in_place_plain(arrays);
  }
}

static void tsr_machine_copy(const struct tsr_machine_stream *arrays) {
  if (arrays->streaming) {
    stream_copy(arrays, true);
  } else {
    stream_copy(arrays, false);
  }
}

static void tsr_machine_two_to_one(const struct tsr_machine_stream *arrays) {
  if (arrays->streaming) {
    stream_two_to_one(arrays, true);
  } else {
    stream_two_to_one(arrays, false);
  }
}

static void tsr_machine_one_to_two(const struct tsr_machine_stream *arrays) {
  if (arrays->streaming) {
    stream_one_to_two(arrays, true);
  } else {
    stream_one_to_two(arrays, false);
  }
}

#define MACHINE_KERNELS                                                                                                \
  .has_non_temporal_stores = true, .fma_f32 = tsr_machine_fma_f32, .loaded_fma_f32 = tsr_machine_loaded_fma_f32,       \
  .read = tsr_machine_read, .in_place = tsr_machine_in_place, .copy = tsr_machine_copy,                                \
  .two_to_one = tsr_machine_two_to_one, .one_to_two = tsr_machine_one_to_two
