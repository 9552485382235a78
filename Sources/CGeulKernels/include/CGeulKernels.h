/// The arithmetic of Geul: one body of source (body/), instantiated for each instruction set and for both
/// widths of operand, chosen at run time.
///
/// Axes: `t` time, `b` rows of a portion of the batch, `i` inputs, `h` width, `v` vocabulary, `r` = t x b
/// rows of a window, time-major. Widths are padded with zeros to whole groups of 16 units, so no kernel has
/// a tail.
///
/// Operands (packed weights, hidden states, what products read) are float32, bfloat16 or, for reading alone, int8:
/// `void *` here.
/// Sums, cells, gates and gradients of weights are float32.
///
/// Panels. The pre-activations of 16 units and their gates stand together: 4 groups of 16 columns. A panel
/// buffer holds, panel after panel, `[r, 64]`. For units without gates (the vanilla cell, the projection) a
/// panel is 64 units, and what is left over are narrow panels of 16, `[r, 16]`.
///   LSTM: i, f, g, o.   GRU: n from the input, r, z, n from the state.
///
/// Float32 results are the same bits for every instruction set: each sum runs in ascending order through one
/// chain of fused multiply-adds.
#ifndef CGEUL_KERNELS_H
#define CGEUL_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "geul_cells.h"

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-completeness"

/// Lets the processor know that this thread waits.
static inline void geul_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");  // `yield` does nothing on most of them
#endif
}

typedef enum {
  GEUL_PORTABLE,
  GEUL_NEON,
  GEUL_AVX2,
  GEUL_AVX512,
  GEUL_AVX512BF16,
} geul_isa;

#define GEUL_CELL_CASE(NAME, name) GEUL_##NAME,
typedef enum { GEUL_CELLS(GEUL_CELL_CASE) GEUL_CELL_COUNT } geul_cell;
#undef GEUL_CELL_CASE

/// A matrix of weights as the arena holds it: `[depth, groups, width]`, row-major; `groups` is 1 for units
/// without gates.
typedef struct {
  size_t depth, groups, width;
} geul_matrix;

/// One layer over one window, for one portion of the batch.
typedef struct {
  size_t length, rows, inputs, width;
  int rectified;                    // the vanilla cell: max(0, x) in the place of tanh
  size_t first_unit, end_unit;      // which units: all, but that several threads may share one step; multiples of 64
  const int32_t *tokens;            // [t, b]: the input of the first layer, else NULL
  const float *table;               // [v, groups, h]: the rows that tokens look up, else NULL
  const float *bias;                // [groups, h]
  const float *recurrent_bias;      // [groups, h], GRU only
  const void *input_weights;        // packed forward, `inputs` deep
  const void *recurrent_weights;    // packed forward, `width` deep
  const void *input;                // [t, b, i]: operands, the input of the layers above
  void *hidden;                     // [t + 1, b, h]: operands; row block 0 is the state carried in
  float *cells;                     // [t + 1, b, h]: c of the LSTM, h of the GRU; NULL for the vanilla cell
  float *gates;                     // panels over r: activations, for the backward pass
} geul_forward;

/// The scores of the vocabulary.
typedef struct {
  size_t rows, depth, width;        // r, h, v padded
  size_t first_unit, end_unit;      // which columns, as above
  const void *a;                    // [r, h]: operands
  const void *weights;              // packed forward
  const float *bias;                // [v]
  float *out;                       // panels of units over r
} geul_projection;

/// The way back through the same window. Replaces the activations in `gates` by the gradients of the
/// pre-activations.
typedef struct {
  size_t length, rows, inputs, width;
  int rectified;                    // as above
  const void *input_weights;        // packed backward; NULL when the input is tokens
  const void *recurrent_weights;    // packed backward
  const float *cells;               // [t + 1, b, h]
  const float *d_output;            // [t, b, h]
  float *gates;                     // panels over r
  void *d_gates;                    // panels over r: operands; the same memory as `gates` in float32
  float *d_hidden, *d_cells;        // [b, h]: work space
  float *d_input;                   // [t, b, i], or NULL when the input is tokens
} geul_backward;

/// How deep a strip of a weight gradient is at most, and how many rows at once are copied to where they lie close: the
/// strip's rows and the sums of four panels then stay in a core's second cache.
#define GEUL_STRIP 512
#define GEUL_STRIP_ROWS 96
/// How far apart: a line more, or all rows would want the same places of the cache.
#define GEUL_STRIP_STRIDE 528

/// What one portion of the batch has for a gradient; `b` rows a step.
typedef struct {
  size_t rows;                      // b
  const void *d;                    // panels over t x b rows: operands, from the first column that counts on
  const void *a; size_t a_stride;   // [t, b, a_stride]: operands, from the strip's first on; depth is padded
  const int32_t *tokens;            // [t, b]: of a table, else NULL
} geul_share;

/// Part of a gradient of weights: a strip of the depth, some panels of columns, some steps of a window.
///
/// The rows of a step follow each other portion by portion, and step follows step: so the sums do not depend on how
/// the batch is cut.
typedef struct {
  size_t portions;                  // how many shares there are
  size_t length;                    // t
  size_t first_step, end_step;
  size_t panels, groups;            // groups of 16 columns that count in each panel
  size_t panel_stride, group_stride; // how far apart they lie where the gradient goes to
  size_t d_stride;                  // columns of a panel
  size_t depth;                     // k
  float *sums;                      // [panels, k, groups * 16]
  void *strip;                      // room for GEUL_STRIP_ROWS x GEUL_STRIP_STRIDE operands
} geul_gradient;

/// AdamW on a range of the arena (Loshchilov and Hutter 2019).
typedef struct {
  float rate;                       // learning rate / (1 - beta1^step)
  float decay;                      // learning rate x weight decay
  float beta1, beta2, epsilon;
  float root_correction;            // 1 / sqrt(1 - beta2^step)
  float scale;                      // of the gradient: what clipping leaves of it
} geul_adam;

/// One panel of columns of a product of plain matrices, row-major:
/// out[r, c] = by_product * sum over k of a[r, k] . b[k, c] + by_addend * addend[r, c], and `diagonal` more where r = c.
typedef struct {
  size_t rows, depth;               // r, k
  const float *a; size_t a_stride;  // [r, k], or if `transposes_a` [k, r]
  const float *b; size_t b_stride;  // [k, c], or if `transposes_b` [c, k]
  size_t columns;                   // c, a multiple of 16, but transposed as many as `b` has rows; then `depth` is one
  int transposes_a, transposes_b;   // one of them at most
  int is_symmetric;                 // the result is: what lies below the panel is mirrored from above
  size_t column;                    // the first of the panel's 64 columns, or 16 if so many are not left
  float by_product, by_addend, diagonal;
  const float *addend;              // as `out` is, or NULL
  float *out; size_t out_stride;
  float *panel;                     // room for `depth` rows, padded to 16, of the panel's columns
} geul_dense;

// The functions of a table are always there; the pointers in the structs above may be NULL as they say.
#pragma clang assume_nonnull begin

/// What reading needs, for operands of one kind: float32, bfloat16, or int8. There weights are bytes with a scale to
/// each column, and states whole numbers of 16 bits, 8,192 to 1: sums are exact, and the same everywhere.
typedef struct {
  /// Packs a matrix for products over its depth; `depth` is padded with zeros to a multiple of 16.
  void (*pack_forward)(void *out, const float *weights, geul_matrix matrix);
  void (*_Nonnull forward[GEUL_CELL_COUNT])(const geul_forward *);    // by geul_cell
  /// out[r, v] = a[r, h] . w[h, v] + bias[v]; `out` in panels of units.
  void (*project)(const geul_projection *);
} geul_reading;

/// What training needs beside it: for float32 and bfloat16.
typedef struct {
  /// Packs a matrix for products over its columns (in the order of the panels).
  void (*pack_backward)(void *out, const float *weights, geul_matrix matrix);
  void (*_Nonnull backward[GEUL_CELL_COUNT])(const geul_backward *);  // by geul_cell
  /// out[r, h] = d[r, v] . w[h, v]^T; `d` in panels of units.
  void (*project_back)(float *out, const void *d, size_t rows, size_t width, const void *weights, size_t depth);
  /// Softmax and cross-entropy of `logits` (panels over r, `vocabulary` units): the loss of each row in nats to
  /// `losses`; unless `d_logits` is NULL, `scale` times the gradient there. A target of -1 counts nothing.
  void (*cross_entropy)(double *losses, void *_Nullable d_logits, float *logits, size_t rows, size_t vocabulary,
                        const int32_t *targets, float scale);
  /// sums[panel, k, columns] += sum over r of a[r, k] . d[panel, r, columns]
  void (*weight_gradient)(const geul_gradient *, const geul_share *);
  /// out[tokens[r], columns] += d[panel, r, columns]: the gradient of a table; without tokens, of a bias. In `out` panels and
  /// groups are as far apart as the gradient says; its depth, sums and strip are not used.
  void (*row_gradient)(float *out, size_t out_stride, const geul_gradient *, const geul_share *);
  /// Zeroes a share `rate` of [t, b, h] and scales the rest by 1 / (1 - rate). Which, depends on `key`, the
  /// time, the row's place `first_row + b` in the batch and the unit alone.
  void (*dropout)(void *out, const void *in, size_t length, size_t rows, size_t width, size_t first_row,
                  uint64_t key, float rate);
  /// Operands <- floats, and back.
  void (*narrow)(void *out, const float *in, size_t count);
  void (*widen)(float *out, const void *in, size_t count);
} geul_training;

/// The forward pass of a cell over a window.
typedef void (*geul_forward_kernel)(const geul_forward *);
static inline geul_forward_kernel _Nonnull geul_forward_kernel_for(const geul_reading *kernels, geul_cell cell) {
  return kernels->forward[cell];
}

/// The backward pass of a cell over a window.
typedef void (*geul_backward_kernel)(const geul_backward *);
static inline geul_backward_kernel _Nonnull geul_backward_kernel_for(const geul_training *kernels, geul_cell cell) {
  return kernels->backward[cell];
}

typedef struct {
  const geul_reading *read_float32, *read_bfloat16, *read_int8;
  const geul_training *train_float32, *train_bfloat16;
  /// out[k, columns] += sums[panel, k, columns]
  void (*add_panels)(float *out, size_t out_stride, const geul_gradient *);
  /// `dropout` of a gradient, in place.
  void (*dropout_gradient)(float *d, size_t length, size_t rows, size_t width, size_t first_row, uint64_t key,
                           float rate);
  /// Sum of squares in 16 partial sums.
  double (*sum_of_squares)(const float *values, size_t count);
  void (*adam)(float *parameters, const float *gradients, float *first, float *second, size_t count,
               const geul_adam *);
  /// out = keep out + take in; `count` is a multiple of 16.
  void (*blend)(float *out, const float *in, size_t count, float keep, float take);
  /// One panel of a product of plain matrices.
  void (*dense)(const geul_dense *);
  /// out = e^((in - top) / temperature), of `count` scores of which none is above `top` and none NaN. Returns the sum, in 8
  /// partial sums.
  double (*weigh)(double *out, const float *in, size_t count, double top, double temperature);
  /// The functions of the cells on arrays, for tests: e^x, 1 / (1 + e^-x), tanh x. `count` is a multiple of 16.
  void (*exponential)(float *out, const float *in, size_t count);
  void (*sigmoid)(float *out, const float *in, size_t count);
  void (*tangent)(float *out, const float *in, size_t count);
  /// Multiply-adds from registers alone, `count` vectors of them: the limit of one core. Returns how many
  /// single multiply-adds were done, and adds their sum to `sink` so that they cannot be left out.
  size_t (*peak_float32)(size_t count, float *sink);
  size_t (*peak_bfloat16)(size_t count, float *sink);
  size_t (*peak_int8)(size_t count, float *sink);
} geul_kernels;

#pragma clang assume_nonnull end

/// The kernels for an instruction set, or NULL where this program or this machine has not got it.
const geul_kernels *_Nullable geul_kernels_for(geul_isa);

/// Natural logarithm in double precision, the same bits on every machine; `x` must be positive and finite.
double geul_log(double x);

#pragma clang diagnostic pop

#endif
