// x86-64 with AVX2 and FMA: 16 registers of 8 floats.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define KERNELS geul_kernels_avx2
#define VECTOR_WIDTH 8
#define MR 6
#define DOT_INT16X2(a, b) ((vi)_mm256_madd_epi16((__m256i)(a), (__m256i)(b)))
#include "body/kernels.inc"
#pragma clang attribute pop
#endif
