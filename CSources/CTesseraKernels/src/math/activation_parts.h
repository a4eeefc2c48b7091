// What the activations share: loops over some vectors, and 2^r. Include after isa/avx2.h or isa/avx512.h.
#ifndef TSR_MATH_ACTIVATION_PARTS_H
#define TSR_MATH_ACTIVATION_PARTS_H

#include "exp2.h"

// `count`, a constant of at most 4, vectors are taken together: the steps of one fill the latency of the others', so
// that the processor need not look far ahead.

/// For each of the vectors.
#define EACH_VECTOR _Pragma("clang loop unroll(full)") for (size_t i = 0; i < count; i++)

enum { ACTIVATION_MOST = 4 };

/// fraction[i] = 2^r[i] for |r| <= 1/2.
TSR_INLINE void activation_fractions(size_t count, const vector *r, vector *fraction) {
  vector q[ACTIVATION_MOST];
  EACH_VECTOR q[i] = vector_fma(vector_broadcast(EXP2_Q5), r[i], vector_broadcast(EXP2_Q4));
  EACH_VECTOR q[i] = vector_fma(q[i], r[i], vector_broadcast(EXP2_Q3));
  EACH_VECTOR q[i] = vector_fma(q[i], r[i], vector_broadcast(EXP2_Q2));
  EACH_VECTOR q[i] = vector_fma(q[i], r[i], vector_broadcast(EXP2_Q1));
  EACH_VECTOR q[i] = vector_fma(q[i], r[i], vector_broadcast(EXP2_Q0));
  EACH_VECTOR fraction[i] = vector_fma(q[i], r[i], vector_broadcast(1.0f));
}

#endif
