// The affinity mask of this thread, which Swift's Glibc module does not import.

#define _GNU_SOURCE
#include "CGeulKernels.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

long geul_processor_count(void) {
#ifdef __linux__
  // The system refuses a mask that is shorter than its own.
  for (int bits = 1024; bits <= 1 << 20; bits *= 2) {
    cpu_set_t *mask = CPU_ALLOC(bits);
    if (!mask) break;
    size_t size = CPU_ALLOC_SIZE(bits);
    CPU_ZERO_S(size, mask);
    int result = sched_getaffinity(0, size, mask), error = errno;
    long count = CPU_COUNT_S(size, mask);
    CPU_FREE(mask);
    if (result == 0) return count;
    if (error != EINVAL) break;
  }
#endif
  return sysconf(_SC_NPROCESSORS_ONLN);
}
