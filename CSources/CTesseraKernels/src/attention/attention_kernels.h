// The family's kernels and their table. Include after an instruction-set layer and a words_*.h.
#include "few_rows_template.h"
#include "few_rows_scores_template.h"
#include "few_rows_values_template.h"
#include "scores_row_template.h"
#include "merge_template.h"
#include "softmax_row_template.h"

#define ATTENTION_KERNELS                                                                                              \
  .scale = tsr_f32_attention_scale, .softcap = tsr_f32_attention_softcap, .bias = tsr_f32_attention_bias,              \
  .alibi = tsr_f32_attention_alibi, .mask = tsr_f32_attention_mask, .softmax = tsr_f32_attention_softmax,              \
  .scores = tsr_f32_attention_scores,                                                                                  \
  .values = tsr_f32_attention_values, .finish = tsr_f32_attention_finish, .merge = tsr_f32_attention_merge,            \
  .finite = tsr_f32_attention_finite, .exp2 = tsr_f32_exp2
