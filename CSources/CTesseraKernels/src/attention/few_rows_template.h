// Scores and output of few query rows (tsr_attention.h): what both products share. Include after an instruction-set
// layer.
#include "../isa/columns.h"

/// Query rows that one pass over the keys serves; more rows are taken in groups of so many.
enum { FEW_ROWS = 4 };

// Both products are bound by memory, and what counts is how they walk it. Keys are cut into a few runs that are walked
// side by side, each from its first byte to its last: the hardware prefetcher follows such walks, but stops at the end
// of every page, and with several runs there is always one in the middle of a page. Neighbouring keys side by side, or
// columns before keys, reach half as much, with software prefetch or without (4 rows, 128 wide, on a Zen 3: 11 GB/s a
// core against 18, where a plain read reaches 24).

/// Floats that software prefetch looks ahead in each run. The arithmetic fills the core's window and leaves fewer loads
/// in flight than a plain read has. Into the second level: the first is less than nothing on a Zen 4. On a Zen 5 that
/// reads 77 GB/s, 4 rows over 4096 keys, 128 wide, reach 0.74 of that with 18 cache lines, 0.80 with 36, 0.73 with 72.
enum { FEW_ROWS_AHEAD = 576, FEW_ROWS_VALUES_AHEAD = 832 };
