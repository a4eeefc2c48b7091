// Scores and output of few query rows (tsr_attention.h): what both products share. Include after an instruction-set
// layer.
#include "../isa/columns.h"

/// Query rows whose scores one pass over the keys serves; more rows are taken in groups of so many.
enum { FEW_ROWS = 4 };

// Both products are bound by memory, and what counts is how they walk it. For scores keys are cut into a few runs that
// are walked side by side, each from its first byte to its last: the hardware prefetcher follows such walks, but stops
// at the end of every page, and with several runs there is always one in the middle of a page. Values are walked as
// they lie, key by key, a whole row of up to eight vectors at a time. Keys in a loop, not unrolled, matter as much: a
// prefetcher tells walks apart by the instruction that loads.

/// Floats that software prefetch looks ahead in each walk, into the first level: the arithmetic fills the core's window
/// and leaves fewer loads in flight than a plain read has (docs/tuning.md).
enum { FEW_ROWS_AHEAD = 576, FEW_ROWS_VALUES_AHEAD = 832 };
