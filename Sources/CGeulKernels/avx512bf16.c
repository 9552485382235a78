// x86-64 with AVX-512 and AVX512_BF16, which multiplies pairs of bfloat16 in hardware. Every
// processor with AVX512_BF16 also has AVX512_VNNI: the compiler fuses DOT_INT16X2 and the addition
// to its accumulator into one instruction (vpdpwssd).
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx512vnni,fma"))), apply_to = function)
#define KERNELS geul_kernels_avx512bf16
#define VECTOR_WIDTH 16
#define MR 6
#define DOT_INT16X2(a, b) ((vi)_mm512_madd_epi16((__m512i)(a), (__m512i)(b)))
#define HAS_BFLOAT16 1
#include "body/kernels.inc"
#pragma clang attribute pop
#endif
