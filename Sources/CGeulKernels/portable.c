// Plain C with one `fmaf` per element: runs on any machine and is the reference for the other
// instruction sets.
#define KERNELS geul_kernels_portable
#define VECTOR_WIDTH 4
#define MR 2
#include "body/kernels.inc"
