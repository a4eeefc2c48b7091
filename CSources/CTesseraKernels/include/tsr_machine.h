#ifndef TSR_MACHINE_H
#define TSR_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

// What the machine itself can do: the figures that % of peak and MUE divide by.

/// Whether this processor and its operating system run the variant: AVX2 also needs FMA; AVX-512 means F, BW, VL and
/// DQ. False off x86-64.
bool tsr_machine_has_avx2(void);
bool tsr_machine_has_avx512(void);

/// Runs `iterations` rounds of independent fused multiply-adds in registers; returns the floating-point operations done
/// by one round (2 per lane). The sum goes to `*sink` so that nothing is optimised away.
typedef size_t (*tsr_machine_fma_kernel)(size_t iterations, float *sink);

/// The same with one operand of each loaded from the first level: TSR_MACHINE_FMA_TERMS floats, 64-byte aligned, which
/// the caller fills with a small number. A round goes over all of them once. A neighbour on the same core slows loads
/// down more than it does arithmetic in registers.
enum { TSR_MACHINE_FMA_TERMS = 3072 };
typedef size_t (*tsr_machine_loaded_fma_kernel)(size_t iterations, const float *terms, float *sink);

/// One pass over `count` floats of each array; `count` is a multiple of 256 and arrays are 64-byte aligned.
///   read        sum of a                 (result to *sink)
///   in_place    a = a * s                (1 read : 1 write of the same lines)
///   copy        b = a                    (1 : 1 out of place)
///   two_to_one  c = a + s * b            (2 : 1)
///   one_to_two  b = a, c = s * a         (1 : 2)
/// `streaming` uses non-temporal stores, followed by a fence.
struct tsr_machine_stream {
  size_t count;
  float *a, *b, *c;
  float *sink;
  bool streaming;
};
typedef void (*tsr_machine_stream_kernel)(const struct tsr_machine_stream *arrays);

/// The measuring loops for one instruction set.
struct tsr_machine_kernels {
  bool has_non_temporal_stores;  ///< whether the stream kernels follow `streaming`
  tsr_machine_fma_kernel fma_f32;
  tsr_machine_loaded_fma_kernel loaded_fma_f32;
  tsr_machine_stream_kernel read, in_place, copy, two_to_one, one_to_two;
};

#if defined(__x86_64__)
extern const struct tsr_machine_kernels tsr_machine_kernels__avx2;
extern const struct tsr_machine_kernels tsr_machine_kernels__avx512;
#endif

#endif
