// The two passes over a row of scores that every softmax makes: its maximum, and its exponentials with their sum.
// Include after isa/avx2.h or isa/avx512.h.
#ifndef TSR_MATH_ROW_EXPONENTIALS_H
#define TSR_MATH_ROW_EXPONENTIALS_H

#include <math.h>

#include "../isa/columns.h"
#include "exp2.h"

/// Independent chains of the search for the maximum; they cover the latency of an instruction.
enum { GREATEST_CHAINS = 4, GREATEST_STEP = GREATEST_CHAINS * VECTOR_LANES };

/// The greatest of sign * input[c], not counting NaN, or -inf where there is none; `sign` is 1 or -1. A NaN shows in
/// the sum.
TSR_INLINE float row_greatest(size_t count, const float *input, float sign) {
  const vector lowest = vector_broadcast(-INFINITY), signs = vector_broadcast(sign);
  vector chains[GREATEST_CHAINS] = {lowest, lowest, lowest, lowest};
  size_t column = 0;
  for (; count - column >= GREATEST_STEP; column += GREATEST_STEP) {
#pragma clang loop unroll(full)
    for (size_t chain = 0; chain < GREATEST_CHAINS; chain++) {
      // The second operand is what comes out beside NaN, and the chain holds none.
      chains[chain] = vector_max(vector_load(input + column + chain * VECTOR_LANES) * signs, chains[chain]);
    }
  }
  for (; count - column >= VECTOR_LANES; column += VECTOR_LANES) {
    chains[0] = vector_max(vector_load(input + column) * signs, chains[0]);
  }
  if (column < count) {
    const vector_lanes lanes = vector_first_lanes(count - column);
    const vector scores = vector_load_lanes(input + column, lanes) * signs;
    chains[1] = vector_max(vector_select(lanes, scores, lowest), chains[1]);
  }
  return vector_greatest(vector_max(vector_max(chains[0], chains[1]), vector_max(chains[2], chains[3])));
}

/// Vectors taken together in the pass of exponentials, and its independent sums.
enum { EXPONENTIAL_CHAINS = 4, EXPONENTIAL_STEP = EXPONENTIAL_CHAINS * VECTOR_LANES };

/// output[c] = 2^((input[c] - shift) * factor); returns the sum. `output` may equal `input`. `next` is the row to
/// prefetch, or NULL.
///
/// With shift the maximum and factor = scale * log2(e) that is exp(scale * (input[c] - maximum)). Differences are taken
/// first, and scores are scaled here and nowhere else: neither large scores nor the scale cost accuracy.
TSR_INLINE float row_exponentials(
    size_t count, const float *input, const float *next, float shift, float factor, float *output) {
  const vector shifts = vector_broadcast(shift), factors = vector_broadcast(factor);
  vector exponentials[EXPONENTIAL_CHAINS];
  vector sums[EXPONENTIAL_CHAINS] = {vector_zero(), vector_zero(), vector_zero(), vector_zero()};
  size_t column = 0;
  for (; count - column >= EXPONENTIAL_STEP; column += EXPONENTIAL_STEP) {
    columns_prefetch(next, column, EXPONENTIAL_STEP);
#pragma clang loop unroll(full)
    for (size_t chain = 0; chain < EXPONENTIAL_CHAINS; chain++) {
      exponentials[chain] = (vector_load(input + column + chain * VECTOR_LANES) - shifts) * factors;
    }
    vectors_exp2_below_127(EXPONENTIAL_CHAINS, exponentials);
#pragma clang loop unroll(full)
    for (size_t chain = 0; chain < EXPONENTIAL_CHAINS; chain++) {
      vector_store(output + column + chain * VECTOR_LANES, exponentials[chain]);
      sums[chain] = sums[chain] + exponentials[chain];
    }
  }
  for (; column < count; column += VECTOR_LANES) {
    const size_t here = columns_here(count - column);
    vector exponential = (columns_load(input + column, here) - shifts) * factors;
    vectors_exp2_below_127(1, &exponential);
    columns_store(output + column, here, exponential, false);
    sums[1] = sums[1] + vector_keep(vector_first_lanes(here), exponential);
  }
  return vector_sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

/// What a row's exponentials, and their sum, are multiplied by where its maximum grows from one number above -inf.
TSR_INLINE float row_rescale(float from, float to, float factor) {
  vector rescale = (vector_broadcast(from) - vector_broadcast(to)) * vector_broadcast(factor);
  vectors_exp2_below_127(1, &rescale);
  return vector_first(rescale);
}

#endif
