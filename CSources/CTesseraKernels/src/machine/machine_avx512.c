#if defined(__x86_64__)

#include "../isa/avx512.h"
#include "tsr_machine.h"

// 32 registers: 24 chains and 2 operands, so that nothing is spilled.
enum { ACCUMULATORS = 24 };

#include "fma_template.h"
#include "stream_template.h"

size_t tsr_machine_fma_f32__avx512(size_t iterations, float *sink) { return fma_chains(iterations, sink); }

size_t tsr_machine_loaded_fma_f32__avx512(size_t iterations, const float *terms, float *sink) {
  return fma_loaded_chains(iterations, terms, sink);
}

void tsr_machine_read__avx512(const struct tsr_machine_stream *arrays) { stream_read(arrays); }

void tsr_machine_in_place__avx512(const struct tsr_machine_stream *arrays) {
  if (arrays->streaming) {
    stream_in_place_streaming(arrays);
  } else {
    stream_in_place_plain(arrays);
  }
}

void tsr_machine_copy__avx512(const struct tsr_machine_stream *arrays) {
  if (arrays->streaming) {
    stream_copy(arrays, true);
  } else {
    stream_copy(arrays, false);
  }
}

void tsr_machine_two_to_one__avx512(const struct tsr_machine_stream *arrays) {
  if (arrays->streaming) {
    stream_two_to_one(arrays, true);
  } else {
    stream_two_to_one(arrays, false);
  }
}

void tsr_machine_one_to_two__avx512(const struct tsr_machine_stream *arrays) {
  if (arrays->streaming) {
    stream_one_to_two(arrays, true);
  } else {
    stream_one_to_two(arrays, false);
  }
}

#include "../isa/end.h"

#endif
