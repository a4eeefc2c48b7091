// The block kernel of tsr_contraction.h: which tiles in which order. Include after tile_template.h.

/// Streamed output waits in a stage first: single lines of six rows, stored past the cache at the end of every
/// tile, stall the tiles between them. A multiple of every PANEL; six rows take 6 KiB of the first-level cache. Other
/// lengths have not been measured.
enum { STAGE_COLUMNS = 256 };
_Static_assert(STAGE_COLUMNS % PANEL == 0, "a stage holds whole panels");
_Static_assert(64 % PANEL == 0, "GemmBlocking cuts columns by 64, and attention keys");

/// One tile of `rows` rows and the `columns` columns of one panel.
TSR_INLINE void contraction_panel(
    const struct contraction_tiles *tiles, size_t rows, size_t columns, struct contraction_place place) {
  const size_t vectors = (columns + VECTOR_LANES - 1) / VECTOR_LANES;
  const size_t last_lanes = columns - (vectors - 1) * VECTOR_LANES;
  // Each width is its own code; widths that the variant does not have fall away.
  if (vectors == TILE_VECTORS) {
    contraction_rows(tiles, rows, TILE_VECTORS, last_lanes, place);
  } else if (TILE_VECTORS > 3 && vectors == 3) {
    contraction_rows(tiles, rows, 3, last_lanes, place);
  } else if (TILE_VECTORS > 2 && vectors == 2) {
    contraction_rows(tiles, rows, 2, last_lanes, place);
  } else {
    contraction_rows(tiles, rows, 1, last_lanes, place);
  }
}

TSR_INLINE bool contraction_streams(const struct tsr_contraction_block_f32 *block) {
  const size_t row_bytes = (size_t)block->output_stride * sizeof(float);
  return block->streaming && ((uintptr_t)block->output | row_bytes) % VECTOR_BYTES == 0;
}

/// Copies finished sums to memory that is not read again soon.
TSR_INLINE void contraction_stream_rows(
    size_t rows, size_t columns, const float *stage, float *output, ptrdiff_t output_stride) {
  for (size_t row = 0; row < rows; row++) {
    const float *from = stage + row * STAGE_COLUMNS;
    float *to = output + (ptrdiff_t)row * output_stride;
    size_t column = 0;
    for (; column + VECTOR_LANES <= columns; column += VECTOR_LANES) {
      vector_stream(to + column, vector_load(from + column));
    }
    const vector_lanes lanes = vector_first_lanes(columns - column);
    if (column < columns) vector_store_lanes(to + column, lanes, vector_load_lanes(from + column, lanes));
  }
}

/// Lines that a run begins or goes on in, where runs begin with lines.
TSR_INLINE size_t contraction_lines(size_t bytes) { return (bytes + CACHE_LINE_BYTES - 1) / CACHE_LINE_BYTES; }

/// Lines of `next` for each NEXT_STEPS steps of a block, so that all have been asked for when its last tile ends.
TSR_INLINE size_t contraction_next_lines(const struct tsr_contraction_block_f32 *block) {
  if (block->next == NULL || block->depth < NEXT_STEPS || block->rows == 0) return 0;
  const size_t panels = (block->columns + PANEL - 1) / PANEL;
  const size_t looks = panels * ((block->rows + TILE_ROWS - 1) / TILE_ROWS) * (block->depth / NEXT_STEPS);
  const size_t lines = block->next_runs * contraction_lines(block->next_bytes);
  return (lines + looks - 1) / looks;
}

/// Where asking for `next` begins; no runs where there is nothing to ask for.
TSR_INLINE struct contraction_ahead contraction_ahead_of(const struct tsr_contraction_block_f32 *block) {
  const size_t asked = contraction_lines(block->next_bytes) * CACHE_LINE_BYTES;
  return (struct contraction_ahead){
      .line = block->next,
      .bytes = block->next_bytes,
      .runs = block->next != NULL && block->next_bytes > 0 ? block->next_runs : 0,
      .bytes_of_run = block->next_bytes,
      .gap = block->next_stride - (ptrdiff_t)asked,
  };
}

/// TILE_ROWS rows at a time against all panels. Where there are several, the rows stay in the first-level cache and the
/// panels come from the second-level cache, and output is written in long runs.
TSR_INLINE void contraction_tiles_of(
    const struct tsr_contraction_block_f32 *block, ptrdiff_t right_stride, bool packed, bool resident) {
  const bool streaming = contraction_streams(block);
  struct contraction_ahead ahead = contraction_ahead_of(block);
  _Alignas(VECTOR_BYTES) float stage[TILE_ROWS * STAGE_COLUMNS];
  const struct contraction_tiles tiles = {
      .depth = block->depth,
      .left_stride = block->left_stride,
      .right_stride = right_stride,
      .packed = packed,
      .addend_stride = block->addend_stride,
      .addend_last = block->addend_last,
      .output_stride = streaming ? (ptrdiff_t)STAGE_COLUMNS : block->output_stride,
      .resident = resident,
      .right_ahead = packed && block->right_ahead > 0 ? block->right_ahead : RIGHT_AHEAD,
      .next_lines = contraction_next_lines(block),
      .ahead = &ahead,
  };
  const size_t group = streaming ? (size_t)STAGE_COLUMNS : block->columns;
  for (size_t row = 0; row < block->rows; row += TILE_ROWS) {
    const size_t rows = block->rows - row < TILE_ROWS ? block->rows - row : TILE_ROWS;
    const ptrdiff_t r = (ptrdiff_t)row;
    float *output = block->output + r * block->output_stride;
    for (size_t begin = 0; begin < block->columns; begin += group) {
      const size_t columns = block->columns - begin < group ? block->columns - begin : group;
      for (size_t column = 0; column < columns; column += PANEL) {
        const size_t width = columns - column < PANEL ? columns - column : PANEL;
        const size_t c = begin + column;
        const struct contraction_place place = {
            .left = block->left + r * block->left_stride,
            .right = block->right + (ptrdiff_t)(c / PANEL) * block->panel_stride,
            .addend = block->addend == NULL ? NULL : block->addend + r * block->addend_stride + c,
            .factors = block->factors == NULL ? NULL : block->factors + row,
            .output = streaming ? stage + column : output + c,
        };
        contraction_panel(&tiles, rows, width, place);
      }
      if (streaming) contraction_stream_rows(rows, columns, stage, output + begin, block->output_stride);
    }
  }
}

TSR_INLINE void contraction_block(const struct tsr_contraction_block_f32 *block) {
  if (block->right_stride == PANEL && block->resident && block->columns <= PANEL) {
    contraction_tiles_of(block, PANEL, true, true);
  } else if (block->right_stride == PANEL) {
    contraction_tiles_of(block, PANEL, true, false);
  } else if (block->resident && block->columns <= PANEL) {
    contraction_tiles_of(block, block->right_stride, false, true);
  } else {
    contraction_tiles_of(block, block->right_stride, false, false);
  }
}
