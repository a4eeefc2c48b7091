// OpenBLAS's own cblas.h: beside the standard interface it declares openblas_set_num_threads,
// openblas_get_corename and openblas_get_config, which other libraries' cblas.h do not have.
#include <cblas.h>
