// Ends the region that isa/avx2.h or isa/avx512.h opened. Include it last in a source file.
#pragma clang attribute pop
