/// Numeric kernels of Geul. One body of source (body/) is compiled for each instruction set and each
/// precision; the instruction set is chosen at run time (`geul_kernels_for`).
///
/// Axes: `t` time, `b` rows of a shard of the batch, `i` inputs, `h` hidden units, `v` vocabulary, `k` the
/// rows of a weight matrix, `r` = t x b the rows of a window, time-major. Arrays are row-major. All widths
/// are padded with zeros to a multiple of 16, a column block, so that no kernel has a remainder loop.
///
/// Elements, `void *` here, are the operands of matrix products: packed weights, hidden states and gradients of
/// pre-activations. They are float32, bfloat16 or, for inference only, int8 weights and int16 states. Sums,
/// recurrent states, gates and weight gradients are float32.
///
/// Panels: 64 columns, or 4 column blocks, are stored together for all rows, `[panel, r, 64]`. A panel of gates
/// contains the gates of 16 units, one column block per gate: pre-activations, then activations.
///   LSTM: i, f, g, o.   GRU: n from the input, r, z, n from the state.
/// A panel without gates (vanilla RNN, output projection) contains 64 units; if a width is not a multiple of 64,
/// the remaining columns are in panels of 16, `[r, 16]`.
///
/// Float32 results have the same bits on every instruction set: each sum is one chain of fused multiply-adds
/// in ascending order.
#ifndef CGEUL_KERNELS_H
#define CGEUL_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "geul_cells.h"

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-completeness"

/// The number of processors in the affinity mask of this thread (Linux); elsewhere the number of processors online.
long geul_processor_count(void);

/// Hints to the processor that this thread is spinning.
static inline void geul_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");  // `yield` has no effect on most ARM processors
#endif
}

/// An instruction set.
typedef enum {
  GEUL_PORTABLE,
  GEUL_NEON,
  GEUL_AVX2,
  GEUL_AVX512,
  GEUL_AVX512BF16,
} geul_isa;

#define GEUL_CELL_CASE(NAME, name) GEUL_##NAME,
/// A kind of recurrent cell.
typedef enum { GEUL_CELLS(GEUL_CELL_CASE) GEUL_CELL_COUNT } geul_cell;
#undef GEUL_CELL_CASE

/// The shape of a weight matrix in the parameters, `[depth, gates, width]`; `gates` is 1 for units without
/// gates.
typedef struct {
  size_t depth, gates, width;
} geul_matrix;

/// The forward pass of one layer over a window, for one shard of the batch.
typedef struct {
  size_t length, rows, inputs, width;  // t, b, i, h
  int relu;                         // vanilla RNN: the activation is ReLU instead of tanh
  size_t first_unit, end_unit;      // the units that this thread computes; multiples of 64, or h
  const int32_t *tokens;            // [t, b]: the input of the first layer, else NULL
  const float *embedding;           // [v, gates, h]: input weights looked up by token, else NULL
  const float *bias;                // [gates, h]
  const float *recurrent_bias;      // [gates, h], GRU only
  const void *input_weights;        // packed forward, depth i; unused with tokens
  const void *recurrent_weights;    // packed forward, depth h
  const void *input;                // [t, b, i]: elements, the input of all layers but the first
  void *hidden;                     // [t + 1, b, h]: elements; block 0 is the initial state
  float *state;                     // [t + 1, b, h]: c of the LSTM, h of the GRU; NULL for the vanilla RNN
  float *gates;                     // panels over r: activations, saved for the backward pass
} geul_forward;

/// The output projection.
typedef struct {
  size_t rows, depth, width;        // r, h, v padded
  size_t first_column, end_column;  // the columns that this thread computes; multiples of 64, or v
  const void *hidden;               // [r, h]: elements
  const void *weights;              // packed forward
  const float *bias;                // [v]
  float *logits;                    // panels over r
} geul_projection;

/// The backward pass of the same layer over the same window. In float32, the activations in `gates` are replaced
/// by the gradients of the pre-activations.
typedef struct {
  size_t length, rows, inputs, width;
  int relu;
  const void *input_weights;        // packed backward; NULL with tokens
  const void *recurrent_weights;    // packed backward
  const float *state;               // [t + 1, b, h]
  const float *d_output;            // [t, b, h]
  float *gates;                     // panels over r
  void *d_gates;                    // panels over r: elements; in float32 equal to `gates`
  float *d_hidden, *d_cell_state;   // [b, h]: workspace; `d_cell_state` for the LSTM only
  float *d_input;                   // [t, b, i], or NULL with tokens
} geul_backward;

/// Cache blocking of weight gradients, dW[k, n] = sum over r of a[r, k] * d[r, n], in BLIS's terms: blocks of at
/// most MC rows k of the result and KC rows r of the sum, so that the packed block of `a` and the sums of four
/// panels fit in a core's L2 cache.
#define GEUL_GRADIENT_MC 512
#define GEUL_GRADIENT_KC 96
/// The row stride of the packed block of `a`: MC floats and one cache line, so that rows do not map to the same
/// cache sets.
#define GEUL_GRADIENT_STRIDE 528

/// The contribution of some sequences of one shard of the batch, `b` rows per time step, to a gradient.
typedef struct {
  size_t step_rows;                 // b
  size_t rows;                      // the rows of a time step that contribute, from the first of `d` and `a` on
  const void *d;                    // panels over t x b rows: elements, from the first column of the tile
  const void *a; size_t a_stride;   // [t, b, a_stride]: elements, from the first k of the block
} geul_gradient_contribution;

/// An occurrence of a token in a window.
typedef struct {
  uint32_t row;                     // (t, b) in its shard
  uint16_t shard;                   // the index of its contribution
  uint16_t sub_batch;               // the index of its sub-batch
} geul_occurrence;

/// The occurrences of the tokens of a window. Those of token `tokens[i]` are `first[i]` to `first[i + 1]`, in the order of
/// sub-batch, time step and sequence.
typedef struct {
  size_t count;                     // the number of different tokens
  const int32_t *tokens;            // [count]
  const uint32_t *first;            // [count + 1]
  const geul_occurrence *occurrences;
} geul_token_occurrences;

/// A tile of a weight gradient: a block of its rows k and some panels of its columns, for some time steps.
///
/// Rows are summed in the order of time step, shard and row of the shard, so the result does not depend on how
/// the batch is sharded.
typedef struct {
  size_t shards;                    // the number of contributions
  size_t length;                    // t
  size_t first_step, end_step;
  size_t panels, column_blocks;     // the column blocks per panel that are summed
  size_t panel_stride, block_stride;  // strides of panels and column blocks in the gradient
  size_t d_stride;                  // the columns of a panel of d
  size_t depth;                     // k
  float *sums;                      // [panels, k, 16 x column_blocks]
  void *packed_a;                   // workspace: GEUL_GRADIENT_KC x GEUL_GRADIENT_STRIDE elements
} geul_weight_gradient;

/// One step of AdamW on a range of parameters (Loshchilov and Hutter 2019):
///   m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2,  where g = gradient_scale x gradient
///   p -= step_size m / (sqrt(v) root_correction + epsilon) + decay p
typedef struct {
  float step_size;                  // learning rate / (1 - beta1^step)
  float decay;                      // learning rate x weight decay
  float beta1, beta2, epsilon;
  float root_correction;            // 1 / sqrt(1 - beta2^step)
  float gradient_scale;             // the factor of gradient clipping
} geul_adamw;

/// One panel of columns of a product of row-major matrices: out = alpha a . b + beta c + diagonal I.
typedef struct {
  size_t rows, depth;               // m, k
  const void *a; size_t a_stride;   // [m, k]: elements; if `transpose_a`, [k, m]
  const float *b; size_t b_stride;  // [k, n]; if `transpose_b`, [n, k]
  size_t columns;                   // n; a multiple of 16, except if `transpose_b`, where `depth` is one
  int transpose_a, transpose_b;     // at most one of them
  int symmetric;                    // the result is symmetric, and its part below the panel is mirrored
  size_t first_column;              // of the panel of 64 columns, or of 16 if fewer than 64 remain
  float alpha, beta, diagonal;
  const float *c;                   // [m, n] with the stride of `out`, or NULL
  float *out; size_t out_stride;    // [m, n]
  void *packed_b;                   // workspace: [k padded to 16, columns of the panel] elements
} geul_gemm;

// Functions of a kernel table are never NULL. Pointers in the structs above may be NULL only where noted.
#pragma clang assume_nonnull begin

/// The forward pass of a cell over a window.
typedef void (*geul_forward_kernel)(const geul_forward *);
/// The backward pass of a cell over a window.
typedef void (*geul_backward_kernel)(const geul_backward *);

/// Kernels for inference in one precision: float32, bfloat16 or int8. With int8, weights are int8 with one scale
/// per column, states are int16 in units of 1/8192, and sums are exact in int32.
typedef struct {
  /// Packs a matrix for products over its depth; `depth` is padded with zeros to a multiple of 16.
  void (*pack_forward)(void *out, const float *weights, geul_matrix shape);
  /// One kernel per cell; see `geul_forward_kernel_for`.
  geul_forward_kernel _Nonnull forward[GEUL_CELL_COUNT];
  /// logits[r, v] = hidden[r, h] . weights[h, v] + bias[v]
  void (*projection_forward)(const geul_projection *);
} geul_inference_kernels;

/// Additional kernels for training in float32 or bfloat16.
typedef struct {
  /// Packs a matrix for products over its columns, in the order of panels.
  void (*pack_backward)(void *out, const float *weights, geul_matrix shape);
  /// One kernel per cell; see `geul_backward_kernel_for`.
  geul_backward_kernel _Nonnull backward[GEUL_CELL_COUNT];
  /// d_hidden[r, h] = d_logits[r, v] . weights[h, v]^T; `d_logits` in panels, `width` and `depth` v and h
  /// padded.
  void (*projection_backward)(float *d_hidden, const void *d_logits, size_t rows, size_t width,
                              const void *weights, size_t depth);
  /// Softmax and cross-entropy of `logits` (panels over r, overwritten): the loss of each row in nats and, unless
  /// `d_logits` is NULL, the gradient times `scale`. In float32, `d_logits` may be `logits`. Rows with a target of
  /// -1 are ignored: their loss and gradient are 0.
  void (*cross_entropy)(double *losses, void *_Nullable d_logits, float *logits, size_t rows, size_t vocabulary,
                        const int32_t *targets, float scale);
  /// sums[panel, k, columns] += sum over r of a[r, k] * d[panel, r, columns]
  void (*weight_gradient)(const geul_weight_gradient *, const geul_gradient_contribution *);
  /// The gradient of a bias: out[panel, columns] += sum over r of d[panel, r, columns]. `depth`, `sums` and `packed_a` of
  /// the tile are not used.
  void (*bias_gradient)(float *out, const geul_weight_gradient *, const geul_gradient_contribution *);
  /// The gradient of an embedding: out[token, columns] += sum over the token's occurrences of d[panel, r, columns]. The
  /// sums of sub-batches are added in pairs, like those of the products (see `MatrixGradient`). Of the tile, only the
  /// panels and strides are used; each contribution is all of a shard.
  void (*embedding_gradient)(float *out, size_t out_stride, const geul_weight_gradient *,
                             const geul_gradient_contribution *, const geul_token_occurrences *);
  /// out[t, b, h] = in[t, b, h] x mask; the mask is 0 with probability `rate`, else 1 / (1 - rate), and depends only
  /// on `key`, the time step, the row `first_row + b` of the batch and the unit. `out` may be `in`.
  void (*dropout_forward)(void *out, const void *in, size_t length, size_t rows, size_t width, size_t first_row,
                          uint64_t key, float rate);
  /// float32 -> elements; `count` is a multiple of 16.
  void (*to_elements)(void *out, const float *in, size_t count);
  /// One panel of a matrix product. In bfloat16 without `transpose_a`, `transpose_b`, `symmetric` and `diagonal`.
  void (*gemm)(const geul_gemm *);
} geul_training_kernels;

/// The forward and backward kernel of a cell.
static inline geul_forward_kernel _Nonnull geul_forward_kernel_for(const geul_inference_kernels *kernels,
                                                                   geul_cell cell) {
  return kernels->forward[cell];
}
static inline geul_backward_kernel _Nonnull geul_backward_kernel_for(const geul_training_kernels *kernels,
                                                                     geul_cell cell) {
  return kernels->backward[cell];
}

/// All kernels of one instruction set.
typedef struct {
  const geul_inference_kernels *inference_float32, *inference_bfloat16, *inference_int8;
  const geul_training_kernels *training_float32, *training_bfloat16;
  /// out[k, columns] += sums[panel, k, columns]
  void (*add_panels)(float *out, size_t out_stride, const geul_weight_gradient *);
  /// The sum of squares, from 16 partial sums; `count` is a multiple of 16.
  double (*sum_of_squares)(const float *values, size_t count);
  /// `first` and `second` are the moments m and v; `count` is a multiple of 16.
  void (*adamw)(float *parameters, const float *gradients, float *first, float *second, size_t count,
                const geul_adamw *);
  /// m = mu m + scale g, and then g = mu m + scale g, Nesterov's momentum. Returns the sum of squares of the new g, like
  /// `sum_of_squares`; `count` is a multiple of 16.
  double (*momentum)(float *m, float *g, size_t count, float mu, float scale);
  /// y = alpha x + beta y; `count` is a multiple of 16.
  void (*axpby)(float *y, const float *x, size_t count, float alpha, float beta);
  /// out = e^((in - shift) / temperature), where no element of `in` is above `shift` or NaN. Returns the sum,
  /// from 8 partial sums.
  double (*exp_shifted)(double *out, const float *in, size_t count, double shift, double temperature);
  /// out = ln in, rounded to float32, of positive, finite numbers that are not subnormal.
  void (*logarithms)(float *out, const double *in, size_t count);
  /// The activation functions on arrays, for tests: e^x, 1 / (1 + e^-x), tanh x; `count` is a multiple of 16.
  void (*exp)(float *out, const float *in, size_t count);
  void (*sigmoid)(float *out, const float *in, size_t count);
  void (*tanh)(float *out, const float *in, size_t count);
  /// About `count` vector multiply-adds on registers only, to measure the peak rate of one core. Returns the number
  /// of scalar multiply-adds, and adds the results to `sink`, so that the compiler does not remove them.
  size_t (*peak_float32)(size_t count, float *sink);
  size_t (*peak_bfloat16)(size_t count, float *sink);
  size_t (*peak_int8)(size_t count, float *sink);
} geul_kernels;

#pragma clang assume_nonnull end

/// The kernels for an instruction set, or NULL if the build or the machine does not support it.
const geul_kernels *_Nullable geul_kernels_for(geul_isa);

/// The natural logarithm in double precision, with the same bits on every machine; `x` must be positive and
/// finite.
double geul_log(double x);

#pragma clang diagnostic pop

#endif
