#if defined(__x86_64__)
#include "tsr_attention.h"

#include <float.h>
#include <math.h>

#include "../isa/avx512.h"

#include "../philox/words_avx512.h"

#include "few_rows_template.h"
#include "few_rows_scores_template.h"
#include "few_rows_values_template.h"
#include "scores_row_template.h"
#include "merge_template.h"
#include "softmax_row_template.h"

void tsr_f32_exp2__avx512(size_t count, const float *input, float *output) {
  for (size_t column = 0; column < count; column += VECTOR_LANES) {
    const size_t here = columns_here(count - column);
    columns_store(output + column, here, vector_exp2(columns_load(input + column, here)), false);
  }
}
void tsr_f32_attention_scale__avx512(size_t count, float factor, const float *input, float *output) {
  attention_scale(count, factor, input, output, false);
}
void tsr_f32_attention_softcap__avx512(size_t count, float cap, float *scores) {
  attention_softcap(count, cap, scores);
}
void tsr_f32_attention_bias__avx512(size_t count, const float *bias, float *scores) {
  attention_bias(count, bias, scores);
}
void tsr_f32_attention_mask__avx512(size_t count, const uint8_t *mask, float *scores) {
  attention_mask(count, mask, scores);
}
void tsr_f32_attention_softmax__avx512(size_t count, struct tsr_attention_softmax_f32 *rows) {
  attention_softmax(count, rows);
}
void tsr_f32_attention_scores__avx512(const struct tsr_attention_scores_f32 *tile) { few_rows_scores(tile); }
void tsr_f32_attention_values__avx512(const struct tsr_attention_values_f32 *tile) { few_rows_values(tile); }
void tsr_f32_attention_finish__avx512(const struct tsr_attention_finish_f32 *rows) { attention_finish(rows); }
void tsr_f32_attention_merge__avx512(const struct tsr_attention_merge_f32 *rows) { attention_merge(rows); }
bool tsr_f32_attention_finite__avx512(size_t count, const float *values) { return attention_finite(count, values); }

#include "../isa/end.h"
#endif
