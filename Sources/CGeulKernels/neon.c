// AArch64 with NEON: 32 registers of 4 floats. Tests/NEON/run compares it with plain C under emulation;
// it has not been tested on ARM hardware.
#if defined(__aarch64__)
#define KERNELS geul_kernels_neon
#define VECTOR_WIDTH 4
#define MR 6
#include "body/kernels.inc"
#endif
