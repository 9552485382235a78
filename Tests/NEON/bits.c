// Prints a hash of the output of each kernel for the same seeded input. Equal hashes mean equal bits.
// usage: bits ISA      (a number of geul_isa)

#include "CGeulKernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t seed;
/// The next pseudo-random number in [-1, 1).
static float next_random(void) {
  seed = seed * 1664525u + 1013904223u;
  return (float)((int32_t)(seed >> 8) - 8388608) / 8388608.0f;
}

/// A new array of `count` pseudo-random numbers in [-scale, scale).
static float *array(size_t count, float scale) {
  float *p = aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64);
  for (size_t n = 0; n < count; n++) p[n] = next_random() * scale;
  return p;
}

/// FNV-1a
static uint64_t hash(const void *bytes, size_t count) {
  const unsigned char *p = bytes;
  uint64_t result = 14695981039346656037u;
  for (size_t n = 0; n < count; n++) result = (result ^ p[n]) * 1099511628211u;
  return result;
}

static void print(const char *name, const void *bytes, size_t count) {
  printf("%s %016llx\n", name, (unsigned long long)hash(bytes, count));
}

/// A layer of 48 units with as many inputs, over 5 steps of `ROWS` rows.
enum { LENGTH = 5, WIDTH = 48 };
static size_t ROWS;
#define TOTAL (LENGTH * ROWS)
#define STATES ((LENGTH + 1) * ROWS * WIDTH)

static size_t gate_count(geul_cell cell) { return cell == GEUL_RNN ? 1 : cell == GEUL_LSTM ? 4 : 3; }
/// Columns of the gate buffer per unit.
static size_t column_count(geul_cell cell) { return cell == GEUL_RNN ? 1 : 4; }

static void layer_float32(const geul_kernels *kernels, geul_cell cell, const char *name) {
  const geul_inference_kernels *inference = kernels->inference_float32;
  const geul_training_kernels *training = kernels->training_float32;
  const size_t gates = gate_count(cell), columns = column_count(cell);
  const geul_matrix shape = {WIDTH, gates, WIDTH};
  float *weights = array(gates * WIDTH * WIDTH, 0.3f);
  float *forward = array(gates * WIDTH * WIDTH, 0), *backward = array(gates * WIDTH * WIDTH, 0);
  inference->pack_forward(forward, weights, shape), training->pack_backward(backward, weights, shape);
  float *activations = array(TOTAL * columns * WIDTH, 0), *state = array(STATES, 1);
  geul_forward f = {
    .length = LENGTH, .rows = ROWS, .inputs = WIDTH, .width = WIDTH, .end_unit = WIDTH,
    .bias = array(gates * WIDTH, 1), .recurrent_bias = array(gates * WIDTH, 1),
    .input_weights = forward, .recurrent_weights = forward, .input = array(TOTAL * WIDTH, 1),
    .hidden = array(STATES, 1), .state = state, .gates = activations,
  };
  inference->forward[cell](&f);
  print(name, f.hidden, STATES * sizeof(float));
  geul_backward b = {
    .length = LENGTH, .rows = ROWS, .inputs = WIDTH, .width = WIDTH,
    .input_weights = backward, .recurrent_weights = backward, .state = state,
    .d_output = array(TOTAL * WIDTH, 1), .gates = activations, .d_gates = activations,
    .d_hidden = array(ROWS * WIDTH, 0), .d_cell_state = array(ROWS * WIDTH, 0),
    .d_input = array(TOTAL * WIDTH, 0),
  };
  training->backward[cell](&b);
  print(name, activations, TOTAL * columns * WIDTH * sizeof(float));
  print(name, b.d_input, TOTAL * WIDTH * sizeof(float));
}

static void layer_int8(const geul_kernels *kernels, geul_cell cell, const char *name) {
  const geul_inference_kernels *inference = kernels->inference_int8;
  const size_t gates = gate_count(cell), columns = column_count(cell);
  float *weights = array(gates * WIDTH * WIDTH, 0.3f);
  float *packed = array(gates * WIDTH * (WIDTH / 4 + 1), 0);  // a byte per weight, a float per column
  inference->pack_forward(packed, weights, (geul_matrix){WIDTH, gates, WIDTH});
  int16_t *states = aligned_alloc(64, 2 * STATES * sizeof(int16_t) / 64 * 64 + 64);
  for (size_t n = 0; n < 2 * STATES; n++) states[n] = (int16_t)(next_random() * 8192);
  geul_forward f = {
    .length = LENGTH, .rows = ROWS, .inputs = WIDTH, .width = WIDTH, .end_unit = WIDTH,
    .bias = array(gates * WIDTH, 1), .recurrent_bias = array(gates * WIDTH, 1),
    .input_weights = packed, .recurrent_weights = packed, .input = states + STATES, .hidden = states,
    .state = array(STATES, 1), .gates = array(TOTAL * columns * WIDTH, 0),
  };
  inference->forward[cell](&f);
  print(name, states, STATES * sizeof(int16_t));
}

/// The gradients of a weight matrix, a bias and an embedding of 20 rows, from two shards and two panels, in
/// which the 48 columns from 16 on are summed.
static void gradients(const geul_kernels *kernels) {
  enum { DEPTH = 20, UNITS = 32, ROW = 3 * UNITS };
  const geul_training_kernels *training = kernels->training_float32;
  geul_gradient_contribution shards[2] = {{.step_rows = 29, .rows = 29}, {.step_rows = 12, .rows = 12}};
  for (size_t n = 0; n < 2; n++) {
    const size_t rows = LENGTH * shards[n].rows;
    shards[n].d = array(2 * rows * 64, 1) + 16;
    shards[n].a = array(rows * UNITS, 1), shards[n].a_stride = UNITS;
  }
  geul_weight_gradient x = {
    .shards = 2, .length = LENGTH, .end_step = LENGTH, .panels = 2, .column_blocks = 3,
    .panel_stride = 16, .block_stride = UNITS, .d_stride = 64, .depth = DEPTH,
    .sums = array(2 * DEPTH * 48, 0), .packed_a = array(GEUL_GRADIENT_KC * GEUL_GRADIENT_STRIDE, 0),
  };
  float *out = array(DEPTH * ROW, 1);
  training->weight_gradient(&x, shards), kernels->add_panels(out, ROW, &x);
  print("weight gradient", out, DEPTH * ROW * sizeof(float));
  training->bias_gradient(out, &x, shards);
  print("bias gradient", out, DEPTH * ROW * sizeof(float));
  // Token k occurs in the rows of both shards whose number is congruent to k, in four sub-batches.
  int32_t tokens[DEPTH];
  uint32_t first[DEPTH + 1] = {0};
  geul_occurrence occurrences[LENGTH * 41];
  for (uint32_t k = 0, n = 0; k < DEPTH; k++) {
    for (uint32_t row = k; row < LENGTH * 41; row += DEPTH, n++) {
      const uint16_t shard = row >= LENGTH * 29;
      occurrences[n] = (geul_occurrence){row - shard * LENGTH * 29, shard, row * 4 / (LENGTH * 41)};
    }
    tokens[k] = (int32_t)k, first[k + 1] = n;
  }
  training->embedding_gradient(out, ROW, &x, shards, &(geul_token_occurrences){DEPTH, tokens, first, occurrences});
  print("embedding gradient", out, DEPTH * ROW * sizeof(float));
}

static void functions(const geul_kernels *kernels) {
  enum { COUNT = 1600 };
  float *x = array(COUNT, 20), *y = array(COUNT, 0);
  kernels->exp(y, x, COUNT), print("exp", y, COUNT * sizeof(float));
  kernels->sigmoid(y, x, COUNT), print("sigmoid", y, COUNT * sizeof(float));
  kernels->tanh(y, x, COUNT), print("tanh", y, COUNT * sizeof(float));

  float *logits = array(7 * 80, 5);
  const int32_t targets[7] = {1, 2, 64, 0, 33, -1, 5};
  double losses[7];
  kernels->training_float32->cross_entropy(losses, logits, logits, 7, 65, targets, 0.5f);
  print("cross-entropy gradient", logits, 7 * 80 * sizeof(float)), print("losses", losses, sizeof losses);

  double exponentials[65];
  const double sum = kernels->exp_shifted(exponentials, logits, 65, 6, 0.8);
  print("exp_shifted", exponentials, sizeof exponentials), print("its sum", &sum, sizeof sum);
  float logarithms[65];
  for (int n = 0; n < 65; n++) exponentials[n] += 1e-30;
  kernels->logarithms(logarithms, exponentials, 65);
  print("logarithms", logarithms, sizeof logarithms);

  float *p = array(COUNT, 1), *g = array(COUNT, 1), *first = array(COUNT, 0), *second = array(COUNT, 0);
  const geul_adamw settings = {0.01f, 0.001f, 0.9f, 0.99f, 1e-8f, 1.3f, 0.7f};
  kernels->adamw(p, g, first, second, COUNT, &settings);
  const double squares = kernels->sum_of_squares(g, COUNT);
  const double momentum = kernels->momentum(first, g, COUNT, 0.95f, 0.05f);
  print("momentum", g, COUNT * sizeof(float)), print("its sum of squares", &momentum, sizeof momentum);
  print("adamw", p, COUNT * sizeof(float)), print("sum of squares", &squares, sizeof squares);
}

/// The Gram matrix of a matrix [33, 80], and its product with the matrix.
static void products(const geul_kernels *kernels) {
  float *x = array(33 * 80, 1), *gram = array(33 * 48, 0);
  float *out = array(33 * 80, 0), *packed = array(80 * 64, 0);
  geul_gemm call = {
    .rows = 33, .depth = 80, .a = x, .a_stride = 80, .b = x, .b_stride = 80, .columns = 33,
    .transpose_b = 1, .symmetric = 1, .alpha = 0.5f, .diagonal = 2, .out = gram, .out_stride = 48,
    .packed_b = packed,
  };
  for (call.first_column = 0; call.first_column < 48; call.first_column += 16) kernels->training_float32->gemm(&call);
  print("gram matrix", gram, 33 * 48 * sizeof(float));
  call = (geul_gemm){
    .rows = 33, .depth = 33, .a = gram, .a_stride = 48, .b = x, .b_stride = 80, .columns = 80,
    .alpha = 1, .beta = -3, .c = x, .out = out, .out_stride = 80, .packed_b = packed,
  };
  for (call.first_column = 0; call.first_column < 80; call.first_column += call.first_column ? 16 : 64) {
    kernels->training_float32->gemm(&call);
  }
  kernels->axpby(out, x, 33 * 80, 0.3f, 0.9f);
  print("product", out, 33 * 80 * sizeof(float));
}

int main(int count, char **arguments) {
  const geul_kernels *kernels = count == 2 ? geul_kernels_for((geul_isa)atoi(arguments[1])) : NULL;
  if (!kernels) return fputs("bits: this machine does not support that instruction set\n", stderr), 1;
  seed = 7;
  // One and two rows have micro-tiles of several micro-panels.
  const size_t rows[3] = {1, 2, 7};
  for (size_t n = 0; n < 3; n++) {
    ROWS = rows[n];
    printf("%zu rows\n", ROWS);
    layer_float32(kernels, GEUL_RNN, "rnn");
    layer_float32(kernels, GEUL_LSTM, "lstm");
    layer_float32(kernels, GEUL_GRU, "gru");
    layer_int8(kernels, GEUL_RNN, "rnn, int8");
    layer_int8(kernels, GEUL_LSTM, "lstm, int8");
    layer_int8(kernels, GEUL_GRU, "gru, int8");
  }
  gradients(kernels);
  functions(kernels);
  products(kernels);
  return 0;
}
