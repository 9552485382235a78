/// The collective operations of MPI that training needs, behind plain C types: Swift cannot import MPI's constants, which
/// are macros with casts. Without the package trait MPI, only `geul_mpi_is_built_in` may be called.
#ifndef CGEUL_MPI_H
#define CGEUL_MPI_H

#include <stddef.h>

#pragma clang assume_nonnull begin

/// Returns 1 if this build contains MPI.
int geul_mpi_is_built_in(void);
/// Joins the job of mpirun. Returns 0, or 1 on failure. An operation that fails later ends the job.
int geul_mpi_join(void);
/// Leaves the job.
void geul_mpi_leave(void);
/// Ends the job at once, on all ranks.
void geul_mpi_abort(int exit_code);
/// The index of this process, and the number of processes.
int geul_mpi_rank(void);
int geul_mpi_count(void);
/// The seconds that this process has been waiting in an operation; 0 if it is in none. Another thread may call it.
double geul_mpi_waiting_seconds(void);
/// Copies the bytes of rank `root` to all ranks.
void geul_mpi_broadcast(void *bytes, size_t count, int root);
/// Concatenates the bytes of all ranks in `all`; rank r has `counts[r]` bytes.
void geul_mpi_all_gather(const void *_Nullable own, void *all, const size_t *counts);
/// Sends consecutive parts of `parts`, `counts[r]` bytes to rank r, and receives consecutive parts in `received`,
/// `received_counts[r]` bytes from rank r.
void geul_mpi_all_to_all(const void *_Nullable parts, const size_t *counts, void *_Nullable received,
                         const size_t *received_counts);

#pragma clang assume_nonnull end

#endif
