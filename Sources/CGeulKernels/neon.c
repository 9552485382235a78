// ARM with NEON: 32 registers of 4 floats. Compared with plain C under emulation (Tests/NEON/run), never run on such a
// machine.
#if defined(__aarch64__)
#define KERNELS geul_kernels_neon
#define LANES 4
#define MAX_ROWS 6
#include "body/kernels.inc"
#endif
