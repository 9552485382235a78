#include "CGeulMPI.h"

#ifdef GEUL_MPI
#include <limits.h>
#include <mpi.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int geul_mpi_is_built_in(void) { return 1; }

int geul_mpi_join(void) {
  int provided;
  // Only one thread calls MPI.
  return MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS;
}

void geul_mpi_leave(void) { MPI_Finalize(); }

void geul_mpi_abort(int exit_code) { MPI_Abort(MPI_COMM_WORLD, exit_code); }

int geul_mpi_rank(void) {
  int rank;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank;
}

int geul_mpi_count(void) {
  int count;
  MPI_Comm_size(MPI_COMM_WORLD, &count);
  return count;
}

/// The time in nanoseconds at which the current operation began; 0 if there is none.
static _Atomic int64_t operation_start;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

double geul_mpi_waiting_seconds(void) {
  const int64_t start = atomic_load(&operation_start);
  return start == 0 ? 0 : (double)(now() - start) * 1e-9;
}

void geul_mpi_broadcast(void *bytes, size_t count, int root) {
  atomic_store(&operation_start, now());
  for (char *next = bytes; count > 0;) {
    const int part = count < INT_MAX ? (int)count : INT_MAX;
    MPI_Bcast(next, part, MPI_BYTE, root, MPI_COMM_WORLD);
    next += part, count -= (size_t)part;
  }
  atomic_store(&operation_start, 0);
}

/// Counts and displacements in units of a type: MPI's are `int`, so bytes would be limited to 2 GB.
typedef struct {
  MPI_Datatype type;
  int *counts, *offsets;
} layout;

static layout make_layout(const size_t *bytes, size_t unit) {
  const int ranks = geul_mpi_count();
  layout result = {.type = unit == 4 ? MPI_UINT32_T : MPI_BYTE};
  result.counts = malloc(2 * sizeof(int) * (size_t)ranks);
  result.offsets = result.counts + ranks;
  size_t offset = 0;
  for (int rank = 0; rank < ranks; rank++) {
    if (offset / unit > INT_MAX || bytes[rank] / unit > INT_MAX) {
      fprintf(stderr, "geul: a message is too large for MPI: %zu bytes.\n", bytes[rank]);
      geul_mpi_abort(1);
    }
    result.counts[rank] = (int)(bytes[rank] / unit), result.offsets[rank] = (int)(offset / unit);
    offset += bytes[rank];
  }
  return result;
}

/// Returns 4 if all counts are multiples of 4, else 1.
static size_t common_unit(const size_t *counts) {
  for (int rank = 0; rank < geul_mpi_count(); rank++) {
    if (counts[rank] % 4 != 0) return 1;
  }
  return 4;
}

void geul_mpi_all_gather(const void *own, void *all, const size_t *counts) {
  layout to = make_layout(counts, common_unit(counts));
  atomic_store(&operation_start, now());
  MPI_Allgatherv(own, to.counts[geul_mpi_rank()], to.type, all, to.counts, to.offsets, to.type, MPI_COMM_WORLD);
  atomic_store(&operation_start, 0);
  free(to.counts);
}

void geul_mpi_all_to_all(const void *parts, const size_t *counts, void *received, const size_t *received_counts) {
  const size_t unit = common_unit(counts) == 4 && common_unit(received_counts) == 4 ? 4 : 1;
  layout from = make_layout(counts, unit), to = make_layout(received_counts, unit);
  atomic_store(&operation_start, now());
  MPI_Alltoallv(parts, from.counts, from.offsets, from.type, received, to.counts, to.offsets, to.type, MPI_COMM_WORLD);
  atomic_store(&operation_start, 0);
  free(from.counts), free(to.counts);
}

#else
#include <stdlib.h>

int geul_mpi_is_built_in(void) { return 0; }
int geul_mpi_join(void) { return 1; }
void geul_mpi_leave(void) {}
void geul_mpi_abort(int exit_code) { exit(exit_code); }
int geul_mpi_rank(void) { return 0; }
int geul_mpi_count(void) { return 1; }
double geul_mpi_waiting_seconds(void) { return 0; }
void geul_mpi_broadcast(void *bytes, size_t count, int root) {}
void geul_mpi_all_gather(const void *own, void *all, const size_t *counts) {}
void geul_mpi_all_to_all(const void *parts, const size_t *counts, void *received, const size_t *received_counts) {}
#endif
