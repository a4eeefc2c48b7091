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
/// in flight than a plain read has. 18 cache lines ahead, into the second level, raise 4 rows, 128 wide, from 0.86 of a
/// plain read's bandwidth to 0.95 on a Zen 4; 8 lines give 0.90, 12 to 32 lines about 0.94, the first level less than
/// without. On a Zen 5 the first level is the better one by 1 to 5 hundredths, which is less than it costs there.
enum { FEW_ROWS_AHEAD = 288 };
