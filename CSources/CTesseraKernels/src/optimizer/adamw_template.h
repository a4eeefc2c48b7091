// The step of AdamW of tsr_optimizer.h, written once. Include after an instruction-set layer.
#include "../isa/columns.h"

/// The factors of a step in all lanes.
struct adamw_factors {
  vector gradient_scale, first_decay, first_rest, second_decay, second_rest, root_scale, epsilon, minus_rate, decay;
};

/// Where a row's operands begin.
struct adamw_row {
  const float *earlier_parameters, *gradients, *earlier_first_moments, *earlier_second_moments;
  float *parameters, *first_moments, *second_moments;
};

TSR_INLINE void adamw_columns(
    const struct adamw_row *row, const struct adamw_factors *factors, size_t column, size_t count) {
  const vector gradient = columns_load(row->gradients + column, count) * factors->gradient_scale;
  const vector first = vector_fma(
      columns_load(row->earlier_first_moments + column, count), factors->first_decay, gradient * factors->first_rest);
  const vector square = gradient * gradient;
  const vector second = vector_fma(
      columns_load(row->earlier_second_moments + column, count), factors->second_decay,
      square * factors->second_rest);
  const vector divisor = vector_fma(vector_square_root(second), factors->root_scale, factors->epsilon);
  const vector kept = columns_load(row->earlier_parameters + column, count) * factors->decay;
  const vector parameter = vector_fma(first / divisor, factors->minus_rate, kept);
  columns_store(row->first_moments + column, count, first, false);
  columns_store(row->second_moments + column, count, second, false);
  columns_store(row->parameters + column, count, parameter, false);
}

static void tsr_f32_adamw(const struct tsr_adamw_f32 *rows) {
  const struct tsr_adamw_f32 block = *rows;  // a copy, which no store can be thought to change
  const struct adamw_factors factors = {
      .gradient_scale = vector_broadcast(block.gradient_scale),
      .first_decay = vector_broadcast(block.first_decay),
      .first_rest = vector_broadcast(block.first_rest),
      .second_decay = vector_broadcast(block.second_decay),
      .second_rest = vector_broadcast(block.second_rest),
      .root_scale = vector_broadcast(block.root_scale),
      .epsilon = vector_broadcast(block.epsilon),
      .minus_rate = vector_broadcast(-block.rate),
      .decay = vector_broadcast(block.decay),
  };
  for (size_t index = 0; index < block.rows; ++index) {
    const ptrdiff_t r = (ptrdiff_t)index;
    const struct adamw_row row = {
        .earlier_parameters = block.earlier_parameters + r * block.earlier_parameters_stride,
        .gradients = block.gradients + r * block.gradients_stride,
        .earlier_first_moments = block.earlier_first_moments + r * block.earlier_first_moments_stride,
        .earlier_second_moments = block.earlier_second_moments + r * block.earlier_second_moments_stride,
        .parameters = block.parameters + r * block.parameters_stride,
        .first_moments = block.first_moments + r * block.first_moments_stride,
        .second_moments = block.second_moments + r * block.second_moments_stride,
    };
    size_t column = 0;
    for (; block.columns - column >= VECTOR_LANES; column += VECTOR_LANES) {
      columns_prefetch_ahead(row.gradients + column, VECTOR_LANES);
      columns_prefetch_ahead(row.earlier_first_moments + column, VECTOR_LANES);
      columns_prefetch_ahead(row.earlier_second_moments + column, VECTOR_LANES);
      columns_prefetch_ahead(row.earlier_parameters + column, VECTOR_LANES);
      adamw_columns(&row, &factors, column, VECTOR_LANES);
    }
    if (column < block.columns) adamw_columns(&row, &factors, column, block.columns - column);
  }
}
