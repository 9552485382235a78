// Plain C: `fmaf` for each number. For any machine, and the reference for the others.
#define KERNELS geul_kernels_portable
#define LANES 4
#define MAX_ROWS 2
#include "body/kernels.inc"
