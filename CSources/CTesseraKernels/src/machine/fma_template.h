// Written on the vector layer; ACCUMULATORS is the including file's.

/// x <- x * factor + term converges to term / (1 - factor): never infinite, never subnormal. Volatile, so that the
/// compiler knows neither value and folds nothing.
static const volatile float fma_factor = 0.999f;
static const volatile float fma_term = 1e-6f;

/// ACCUMULATORS independent chains, kept in registers. Two pipes with a latency of 4 or 5 cycles need 8 to 10 of them.
static size_t tsr_machine_fma_f32(size_t iterations, float *sink) {
  const vector factor = vector_broadcast(fma_factor);
  const vector term = vector_broadcast(fma_term);
  vector chains[ACCUMULATORS];
  for (size_t i = 0; i < ACCUMULATORS; i++) {
    chains[i] = vector_broadcast((float)i);
  }
  for (size_t iteration = 0; iteration < iterations; iteration++) {
#pragma clang loop unroll(full)
    for (size_t i = 0; i < ACCUMULATORS; i++) {
      chains[i] = vector_fma(chains[i], factor, term);
    }
  }
  vector total = chains[0];
  for (size_t i = 1; i < ACCUMULATORS; i++) {
    total = total + chains[i];
  }
  *sink = vector_sum(total);
  return (size_t)ACCUMULATORS * VECTOR_LANES * 2;
}

enum { FMA_LOADS = TSR_MACHINE_FMA_TERMS / VECTOR_LANES };
_Static_assert(FMA_LOADS % ACCUMULATORS == 0, "a round gives each chain as many terms");

/// The same chains, each step's term loaded.
static size_t tsr_machine_loaded_fma_f32(size_t iterations, const float *terms, float *sink) {
  const vector factor = vector_broadcast(fma_factor);
  vector chains[ACCUMULATORS];
  for (size_t i = 0; i < ACCUMULATORS; i++) {
    chains[i] = vector_broadcast((float)i);
  }
  for (size_t iteration = 0; iteration < iterations; iteration++) {
    for (size_t load = 0; load < FMA_LOADS; load += ACCUMULATORS) {
#pragma clang loop unroll(full)
      for (size_t i = 0; i < ACCUMULATORS; i++) {
        chains[i] = vector_fma(chains[i], factor, vector_load(terms + (load + i) * VECTOR_LANES));
      }
    }
  }
  vector total = chains[0];
  for (size_t i = 1; i < ACCUMULATORS; i++) {
    total = total + chains[i];
  }
  *sink = vector_sum(total);
  return (size_t)FMA_LOADS * VECTOR_LANES * 2;
}
