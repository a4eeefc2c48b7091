// The gradients of gated activations of tsr_elementwise_gradient.h, written once. Include after an instruction-set
// layer, a gelu_tail_*.h and activation_gradient_template.h, whose kinds of activations these are.
#include "../isa/columns.h"
#include "../math/activation.h"
#include "../math/activation_derivative.h"

/// Vectors taken in one go.
enum { GATE_GRADIENT_UNROLL = 4 };

struct gate_gradient_row {
  const float *output_gradient, *gate, *up;
  float *gate_gradient, *up_gradient;
};

/// gate[i] <- its activation, and slope[i] what the gate's gradient is multiplied by; not used by ReLU.
TSR_INLINE void gate_gradient_activation(size_t vectors, int kind, vector *gate, vector *slope) {
#pragma clang loop unroll(full)
  for (size_t index = 0; index < vectors; ++index) slope[index] = gate[index];
  if (kind == GRADIENT_GELU) {
    derivative_gelu(vectors, slope);
    activation_gelu(vectors, gate);
  }
  if (kind == GRADIENT_GELU_TANH) {
    derivative_gelu_tanh(vectors, slope);
    activation_gelu_tanh(vectors, gate);
  }
  if (kind == GRADIENT_SILU) {
    derivative_silu(vectors, slope);
    activation_silu(vectors, gate);
  }
}

/// `vectors` vectors, a constant, from `column` on, the last of which holds `count` columns.
TSR_INLINE void gate_gradient_step(
    const struct gate_gradient_row *row, size_t column, size_t vectors, size_t count, int kind, bool streamed) {
  vector gate[GATE_GRADIENT_UNROLL], slope[GATE_GRADIENT_UNROLL];
#pragma clang loop unroll(full)
  for (size_t index = 0; index < vectors; ++index) {
    gate[index] = columns_load(row->gate + column + index * VECTOR_LANES, count);
  }
  if (kind != GRADIENT_RELU) gate_gradient_activation(vectors, kind, gate, slope);
#pragma clang loop unroll(full)
  for (size_t index = 0; index < vectors; ++index) {
    const size_t here = column + index * VECTOR_LANES;
    const vector output_gradient = columns_load(row->output_gradient + here, count);
    vector of_gate = output_gradient * columns_load(row->up + here, count);
    vector active = gate[index];
    if (kind == GRADIENT_RELU) {
      // The lanes up to 0, and NaN.
      of_gate = vector_select(vector_not_less(vector_zero(), active), vector_zero(), of_gate);
      // The maximum keeps NaN, its second operand, but also -0; adding +0 makes that +0.
      active = vector_max(vector_zero(), active) + vector_zero();
    } else {
      of_gate = of_gate * slope[index];
    }
    columns_store(row->gate_gradient + here, count, of_gate, streamed);
    columns_store(row->up_gradient + here, count, output_gradient * active, streamed);
  }
}

TSR_INLINE void gate_gradient_prefetch(const struct gate_gradient_row *row, size_t column) {
  columns_prefetch_ahead(row->output_gradient + column, GATE_GRADIENT_UNROLL * VECTOR_LANES);
  columns_prefetch_ahead(row->gate + column, GATE_GRADIENT_UNROLL * VECTOR_LANES);
  columns_prefetch_ahead(row->up + column, GATE_GRADIENT_UNROLL * VECTOR_LANES);
}

TSR_INLINE void gate_gradient_row(const struct gate_gradient_row *row, size_t columns, int kind, bool streamed) {
  size_t column = 0;
  for (; columns - column >= GATE_GRADIENT_UNROLL * VECTOR_LANES; column += GATE_GRADIENT_UNROLL * VECTOR_LANES) {
    gate_gradient_prefetch(row, column);
    gate_gradient_step(row, column, GATE_GRADIENT_UNROLL, VECTOR_LANES, kind, streamed);
  }
  for (; column < columns; column += VECTOR_LANES) {
    gate_gradient_step(row, column, 1, columns_here(columns - column), kind, streamed);
  }
}

TSR_INLINE void gate_gradient_all_rows(const struct tsr_gate_gradient_f32 *rows, int kind, bool streamed) {
  const struct tsr_gate_gradient_f32 block = *rows;  // a copy, which no store can be thought to change
  for (size_t index = 0; index < block.rows; ++index) {
    const ptrdiff_t r = (ptrdiff_t)index;
    const struct gate_gradient_row row = {
        .output_gradient = block.output_gradient + r * block.output_gradient_stride,
        .gate = block.gate + r * block.gate_stride,
        .up = block.up + r * block.up_stride,
        .gate_gradient = block.gate_gradient + r * block.gate_gradient_stride,
        .up_gradient = block.up_gradient + r * block.up_gradient_stride,
    };
    gate_gradient_row(&row, block.columns, kind, streamed);
  }
}

TSR_INLINE void gate_gradient_rows(const struct tsr_gate_gradient_f32 *block, int kind) {
  if (block->columns == 0) return;
  const bool streamed = block->streaming
      && columns_aligned(block->gate_gradient, (uintptr_t)block->gate_gradient_stride * sizeof(float))
      && columns_aligned(block->up_gradient, (uintptr_t)block->up_gradient_stride * sizeof(float));
  if (streamed) {
    gate_gradient_all_rows(block, kind, true);
    vector_stream_fence();
  } else {
    gate_gradient_all_rows(block, kind, false);
  }
}

static void tsr_f32_relu_gate_gradient(const struct tsr_gate_gradient_f32 *block) {
  gate_gradient_rows(block, GRADIENT_RELU);
}
static void tsr_f32_gelu_gate_gradient(const struct tsr_gate_gradient_f32 *block) {
  gate_gradient_rows(block, GRADIENT_GELU);
}
static void tsr_f32_gelu_tanh_gate_gradient(const struct tsr_gate_gradient_f32 *block) {
  gate_gradient_rows(block, GRADIENT_GELU_TANH);
}
static void tsr_f32_silu_gate_gradient(const struct tsr_gate_gradient_f32 *block) {
  gate_gradient_rows(block, GRADIENT_SILU);
}
