// x86-64 with AVX-512: 32 registers of 16 floats.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"))), apply_to = function)
#define KERNELS geul_kernels_avx512
#define VECTOR_WIDTH 16
#define MR 6
#define DOT_INT16X2(a, b) ((vi)_mm512_madd_epi16((__m512i)(a), (__m512i)(b)))
#include "body/kernels.inc"
#pragma clang attribute pop
#endif
