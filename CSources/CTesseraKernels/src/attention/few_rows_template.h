// Scores and output of few query rows (tsr_attention.h): what both products share. Include after an instruction-set
// layer.
#include "../isa/columns.h"

/// Query rows whose scores one pass over the keys serves; more rows are taken in groups of so many.
enum { FEW_ROWS = 4 };

// Both products are bound by memory, and what counts is how they walk it. For scores keys are cut into a few runs that
// are walked side by side, each from its first byte to its last: the hardware prefetcher follows such walks, but stops
// at the end of every page, and with several runs there is always one in the middle of a page. Values are walked as
// they lie, key by key, a whole row of up to eight vectors at a time: half a row of each of four keys, and then the
// other half, reaches a fifth less. Keys in a loop, not unrolled, matter as much: a prefetcher tells walks apart by the
// instruction that loads.

/// Floats that software prefetch looks ahead in each walk. The arithmetic fills the core's window and leaves fewer
/// loads in flight than a plain read has. On a Zen 5, 4 rows over 32,768 keys, 128 wide, in parts of a plain read's
/// bandwidth with memory slow and fast: into the second level 0.86 and 0.73, into the first 0.91 and 0.79. For values
/// 832 is 1 to 4 points better than 576, for scores as much worse.
enum { FEW_ROWS_AHEAD = 576, FEW_ROWS_VALUES_AHEAD = 832 };
