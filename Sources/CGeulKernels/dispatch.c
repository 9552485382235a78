#include "CGeulKernels.h"

#include <string.h>

extern const geul_kernels geul_kernels_portable;
#if defined(__x86_64__)
extern const geul_kernels geul_kernels_avx2, geul_kernels_avx512, geul_kernels_avx512bf16;
#elif defined(__aarch64__)
extern const geul_kernels geul_kernels_neon;
#endif

const geul_kernels *geul_kernels_for(geul_isa isa) {
  switch (isa) {
    case GEUL_PORTABLE:
      return &geul_kernels_portable;
#if defined(__x86_64__)
    case GEUL_AVX2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &geul_kernels_avx2 : NULL;
    case GEUL_AVX512:
      return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                     __builtin_cpu_supports("avx512vl")
                 ? &geul_kernels_avx512
                 : NULL;
    case GEUL_AVX512BF16:
      return geul_kernels_for(GEUL_AVX512) && __builtin_cpu_supports("avx512bf16") &&
                     __builtin_cpu_supports("avx512vnni")
                 ? &geul_kernels_avx512bf16
                 : NULL;
#elif defined(__aarch64__)
    case GEUL_NEON:
      return &geul_kernels_neon;
#endif
    default:
      return NULL;
  }
}

/// x = 2^e m with m in [sqrt(1/2), sqrt(2)]; log m = 2 artanh(s) with s = (m - 1) / (m + 1), |s| <= 0.172,
/// by eleven terms of the Taylor series.
double geul_log(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  int exponent = (int)(bits >> 52) - 1023;
  bits = (bits & 0x000fffffffffffffu) | 0x3ff0000000000000u;
  double m;
  memcpy(&m, &bits, sizeof m);
  if (m > 1.4142135623730951) m *= 0.5, exponent += 1;
  double s = (m - 1) / (m + 1), square = s * s, sum = 0;
  for (int n = 21; n >= 1; n -= 2) sum = __builtin_fma(sum, square, 1.0 / n);
  return __builtin_fma((double)exponent, 0x1.62e42fefa39efp-1, 2 * s * sum);
}
