// x86-64 with AVX2 and FMA: 16 registers of 8 floats.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define KERNELS geul_kernels_avx2
#define LANES 8
#define MAX_ROWS 3
#include "body/kernels.inc"
#pragma clang attribute pop
#endif
