// The family's kernels and their table. Include after an instruction-set layer and a words_*.h.
#include "scaled_masked_softmax_dropout_template.h"
#include "softmax_template.h"

#define SOFTMAX_KERNELS                                                                                                \
  .softmax = tsr_f32_softmax, .scaled_masked_softmax_dropout = tsr_f32_scaled_masked_softmax_dropout
