// The register tile of the contraction: TILE_ROWS rows by the vectors of one panel, all sums in registers.
// TILE_ROWS, TILE_VECTORS and PANEL are the including file's.

/// Floats of the right operand that are asked for ahead of their use where the caller does not say: 2 KiB, as other
/// kernels do.
enum { RIGHT_AHEAD = 512 };

/// Steps of depth between two looks at what is to be asked for ahead.
enum { NEXT_STEPS = 4 };

/// How far a block has got with asking for what the caller needs next.
struct contraction_ahead {
  const char *line;
  /// Bytes of this run that have not been asked for; runs, with this one.
  size_t bytes, runs;
  size_t bytes_of_run;
  /// From the end of a run's last line to the next run.
  ptrdiff_t gap;
};

/// What all tiles of one block share.
struct contraction_tiles {
  size_t depth;
  /// Floats of the right operand that are asked for ahead of their use, into the first-level cache.
  size_t right_ahead;
  /// Lines that NEXT_STEPS steps ask for, of what the caller needs next.
  size_t next_lines;
  struct contraction_ahead *ahead;
  /// A constant where the operand is packed (128 planes of 512 x 64 x 512 on a Zen 5: 9.2 ms, with a variable 11.5).
  ptrdiff_t right_stride;
  /// Whether `right_stride` is that constant.
  bool packed;
  ptrdiff_t left_stride, addend_stride, output_stride;
  bool addend_last;
  /// Whether `right` is a panel that stays in the first-level cache; a constant, too.
  bool resident;
};

/// Where the operands of one tile begin. No addend: 0, no factors: 1.
struct contraction_place {
  const float *left, *right, *addend, *factors;
  float *output;
};

/// One step of depth: sums[r][v] += left[r][k] * right[k][v].
TSR_INLINE void contraction_step(
    const struct contraction_tiles *tiles, size_t rows, size_t vectors, const float *left, const float *right,
    vector sums[TILE_ROWS][TILE_VECTORS]) {
  vector columns[TILE_VECTORS];
#pragma clang loop unroll(full)
  for (size_t v = 0; v < vectors; v++) {
    if (!tiles->resident) vector_prefetch(right + tiles->right_ahead + v * VECTOR_LANES);
    columns[v] = vector_load(right + v * VECTOR_LANES);
  }
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++) {
    const vector element = vector_broadcast(left[(ptrdiff_t)r * tiles->left_stride]);
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++) sums[r][v] = vector_fma(element, columns[v], sums[r][v]);
  }
}

/// Asks for at most `lines` further lines.
TSR_INLINE void contraction_ask(struct contraction_ahead *ahead, size_t lines) {
  for (; lines > 0 && ahead->runs > 0; lines--) {
    vector_prefetch_far((const float *)(const void *)ahead->line);
    ahead->line += CACHE_LINE_BYTES;
    if (ahead->bytes > CACHE_LINE_BYTES) {
      ahead->bytes -= CACHE_LINE_BYTES;
    } else {
      ahead->line += ahead->gap;
      ahead->bytes = ahead->bytes_of_run;
      ahead->runs--;
    }
  }
}

/// All steps past a panel, with what comes next asked for in between.
TSR_INLINE void contraction_steps(
    const struct contraction_tiles *tiles, size_t rows, size_t vectors, struct contraction_place place,
    vector sums[TILE_ROWS][TILE_VECTORS]) {
  const size_t depth = tiles->depth;
  size_t k = 0;
  if (!tiles->packed) {
    // With a stride that is not known a longer body runs out of registers: docs/tuning.md.
#pragma clang loop unroll_count(2)
    for (; k < depth; k++) {
      contraction_step(tiles, rows, vectors, place.left + k, place.right, sums);
      place.right += tiles->right_stride;
    }
    return;
  }
  for (; k + NEXT_STEPS <= depth; k += NEXT_STEPS) {
    contraction_ask(tiles->ahead, tiles->next_lines);
#pragma clang loop unroll(full)
    for (size_t step = 0; step < NEXT_STEPS; step++) {
      contraction_step(tiles, rows, vectors, place.left + k + step, place.right, sums);
      place.right += tiles->right_stride;
    }
  }
  for (; k < depth; k++) {
    contraction_step(tiles, rows, vectors, place.left + k, place.right, sums);
    place.right += tiles->right_stride;
  }
}

/// `count` columns of an addend; what lies past them is not read.
TSR_INLINE vector contraction_addend(const float *from, size_t count) {
  return count == VECTOR_LANES ? vector_load(from) : vector_load_lanes(from, vector_first_lanes(count));
}

/// output[r][c] = factors[r] * (addend[r][c] + sum_k left[r][k] * right[k][c]) for `rows` rows and `vectors` vectors of
/// columns, both constants where this is inlined. `last_lanes` columns of the last vector exist.
TSR_INLINE void contraction_tile(
    const struct contraction_tiles *tiles, size_t rows, size_t vectors, size_t last_lanes,
    struct contraction_place place) {
  const vector_lanes lanes = vector_first_lanes(last_lanes);
  vector sums[TILE_ROWS][TILE_VECTORS];
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++) {
      if (place.addend == NULL || tiles->addend_last) {
        sums[r][v] = vector_zero();
        continue;
      }
      const float *from = place.addend + (ptrdiff_t)r * tiles->addend_stride + v * VECTOR_LANES;
      sums[r][v] = contraction_addend(from, v + 1 == vectors ? last_lanes : (size_t)VECTOR_LANES);
    }
  }
  contraction_steps(tiles, rows, vectors, place, sums);
  if (place.addend != NULL && tiles->addend_last) {
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
      for (size_t v = 0; v < vectors; v++) {
        const float *from = place.addend + (ptrdiff_t)r * tiles->addend_stride + v * VECTOR_LANES;
        sums[r][v] = sums[r][v] + contraction_addend(from, v + 1 == vectors ? last_lanes : (size_t)VECTOR_LANES);
      }
    }
  }
  if (place.factors != NULL) {
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) {
      const float factor = place.factors[r];
#pragma clang loop unroll(full)
      for (size_t v = 0; v < vectors; v++) {
        sums[r][v] = factor == 0.0f ? vector_zero() : sums[r][v] * vector_broadcast(factor);
      }
    }
  }
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++) {
      float *to = place.output + (ptrdiff_t)r * tiles->output_stride + v * VECTOR_LANES;
      if (v + 1 == vectors && last_lanes < VECTOR_LANES) {
        vector_store_lanes(to, lanes, sums[r][v]);
      } else {
        vector_store(to, sums[r][v]);
      }
    }
  }
}

_Static_assert(TILE_ROWS == 6, "contraction_rows has a case for each number of rows");

/// Chooses the tile for 1 ... TILE_ROWS rows; `vectors` is a constant where this is inlined.
TSR_INLINE void contraction_rows(
    const struct contraction_tiles *tiles, size_t rows, size_t vectors, size_t last_lanes,
    struct contraction_place place) {
  switch (rows) {
  case 1: contraction_tile(tiles, 1, vectors, last_lanes, place); break;
  case 2: contraction_tile(tiles, 2, vectors, last_lanes, place); break;
  case 3: contraction_tile(tiles, 3, vectors, last_lanes, place); break;
  case 4: contraction_tile(tiles, 4, vectors, last_lanes, place); break;
  case 5: contraction_tile(tiles, 5, vectors, last_lanes, place); break;
  default: contraction_tile(tiles, TILE_ROWS, vectors, last_lanes, place); break;
  }
}
