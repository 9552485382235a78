// x86-64 with AVX-512 and products of bfloat16 pairs in hardware. All such processors also have AVX512_VNNI: the compiler
// makes one instruction of a product of pairs of whole numbers and the sum that it is added to.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx512vnni,fma"))), apply_to = function)
#define KERNELS geul_kernels_avx512bf16
#define LANES 16
#define MAX_ROWS 6
#define MULTIPLY_PAIRS(a, b) ((vi)_mm512_madd_epi16((__m512i)(a), (__m512i)(b)))
#define HAS_BFLOAT16 1
#include "body/kernels.inc"
#pragma clang attribute pop
#endif
