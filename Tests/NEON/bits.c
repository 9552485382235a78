// Prints a hash of what each kernel computes from the same seeded numbers: equal hashes, equal bits.
// usage: bits ISA      (a number of geul_isa)

#include "CGeulKernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t seed;
static float number(void) {
  seed = seed * 1664525u + 1013904223u;
  return (float)((int32_t)(seed >> 8) - 8388608) / 8388608.0f;
}

static float *numbers(size_t count, float scale) {
  float *p = aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64);
  for (size_t n = 0; n < count; n++) p[n] = number() * scale;
  return p;
}

static uint64_t hash(uint64_t so_far, const void *bytes, size_t count) {
  const unsigned char *p = bytes;
  for (size_t n = 0; n < count; n++) so_far = (so_far ^ p[n]) * 1099511628211u;
  return so_far;
}

static void print(const char *name, const void *bytes, size_t count) {
  printf("%s %016llx\n", name, (unsigned long long)hash(14695981039346656037u, bytes, count));
}

/// A layer forward and back over a window of odd sizes.
static void layer(const geul_kernels *all, geul_cell cell, const char *name) {
  const geul_reading *reading = all->read_float32;
  const geul_training *training = all->train_float32;
  const size_t length = 5, rows = 7, width = 48, total = length * rows;
  const size_t gates = cell == GEUL_RNN ? 1 : cell == GEUL_LSTM ? 4 : 3, columns = cell == GEUL_RNN ? 1 : 4;
  const geul_matrix matrix = {width, gates, width};
  float *weights = numbers(gates * width * width, 0.3f);
  float *forward = numbers(gates * width * width, 0), *backward = numbers(gates * width * width, 0);
  reading->pack_forward(forward, weights, matrix), training->pack_backward(backward, weights, matrix);
  float *activations = numbers(total * columns * width, 0), *cells = numbers((length + 1) * rows * width, 1);
  geul_forward f = {
    .length = length, .rows = rows, .inputs = width, .width = width, .end_unit = width,
    .bias = numbers(gates * width, 1), .recurrent_bias = numbers(gates * width, 1),
    .input_weights = forward, .recurrent_weights = forward, .input = numbers(total * width, 1),
    .hidden = numbers((length + 1) * rows * width, 1), .cells = cells, .gates = activations,
  };
  reading->forward[cell](&f);
  print(name, f.hidden, (length + 1) * rows * width * sizeof(float));
  geul_backward b = {
    .length = length, .rows = rows, .inputs = width, .width = width,
    .input_weights = backward, .recurrent_weights = backward, .cells = cells,
    .d_output = numbers(total * width, 1), .gates = activations, .d_gates = activations,
    .d_hidden = numbers(rows * width, 0), .d_cells = numbers(rows * width, 0), .d_input = numbers(total * width, 0),
  };
  training->backward[cell](&b);
  print(name, activations, total * columns * width * sizeof(float));
  print(name, b.d_input, total * width * sizeof(float));
}

/// A layer forward with int8 weights.
static void narrow_layer(const geul_reading *k, geul_cell cell, const char *name) {
  const size_t length = 5, rows = 7, width = 48, total = length * rows;
  const size_t gates = cell == GEUL_RNN ? 1 : cell == GEUL_LSTM ? 4 : 3, columns = cell == GEUL_RNN ? 1 : 4;
  float *weights = numbers(gates * width * width, 0.3f);
  float *packed = numbers(gates * width * (width / 4 + 1), 0);  // a byte each, and a scale to a column
  k->pack_forward(packed, weights, (geul_matrix){width, gates, width});
  const size_t count = (length + 1) * rows * width;
  int16_t *states = aligned_alloc(64, 2 * count * sizeof(int16_t) / 64 * 64 + 64);
  for (size_t n = 0; n < 2 * count; n++) states[n] = (int16_t)(number() * 8192);
  geul_forward f = {
    .length = length, .rows = rows, .inputs = width, .width = width, .end_unit = width,
    .bias = numbers(gates * width, 1), .recurrent_bias = numbers(gates * width, 1),
    .input_weights = packed, .recurrent_weights = packed, .input = states + count, .hidden = states,
    .cells = numbers(count, 1), .gates = numbers(total * columns * width, 0),
  };
  k->forward[cell](&f);
  print(name, states, count * sizeof(int16_t));
}

/// Gradients of a matrix, a bias and a table of 20 rows, of two portions, in two panels of which 48 columns count, from 16 on.
static void gradients(const geul_kernels *all) {
  enum { LENGTH = 5, DEPTH = 20, WIDTH = 32, ROW = 3 * WIDTH };
  int32_t tokens[LENGTH * 29];
  for (size_t n = 0; n < LENGTH * 29; n++) tokens[n] = (int32_t)(n * n % DEPTH);
  geul_share shares[2] = {{.rows = 29}, {.rows = 12}};
  for (size_t n = 0; n < 2; n++) {
    const size_t rows = LENGTH * shares[n].rows;
    shares[n].d = numbers(2 * rows * 64, 1) + 16;
    shares[n].a = numbers(rows * WIDTH, 1), shares[n].a_stride = WIDTH;
  }
  geul_gradient x = {
    .portions = 2, .length = LENGTH, .end_step = LENGTH, .panels = 2, .groups = 3, .panel_stride = 16, .group_stride = WIDTH,
    .d_stride = 64, .depth = DEPTH, .sums = numbers(2 * DEPTH * 48, 0),
    .strip = numbers(GEUL_STRIP_ROWS * GEUL_STRIP_STRIDE, 0),
  };
  float *out = numbers(DEPTH * ROW, 1);
  all->train_float32->weight_gradient(&x, shares), all->add_panels(out, ROW, &x);
  print("gradient of a matrix", out, DEPTH * ROW * sizeof(float));
  all->train_float32->row_gradient(out, ROW, &x, shares);
  print("of a bias", out, DEPTH * ROW * sizeof(float));
  shares[0].tokens = shares[1].tokens = tokens;
  all->train_float32->row_gradient(out, ROW, &x, shares);
  print("of a table", out, DEPTH * ROW * sizeof(float));
}

int main(int count, char **arguments) {
  const geul_kernels *k = count == 2 ? geul_kernels_for((geul_isa)atoi(arguments[1])) : NULL;
  if (!k) return fputs("bits: this machine has no such instruction set\n", stderr), 1;
  seed = 7;
  layer(k, GEUL_RNN, "rnn"), layer(k, GEUL_LSTM, "lstm"), layer(k, GEUL_GRU, "gru");
  narrow_layer(k->read_int8, GEUL_RNN, "rnn, int8"), narrow_layer(k->read_int8, GEUL_LSTM, "lstm, int8");
  narrow_layer(k->read_int8, GEUL_GRU, "gru, int8");

  gradients(k);

  const size_t many = 1600;
  float *x = numbers(many, 20), *y = numbers(many, 0);
  k->exponential(y, x, many), print("exponential", y, many * sizeof(float));
  k->sigmoid(y, x, many), print("sigmoid", y, many * sizeof(float));
  k->tangent(y, x, many), print("tangent", y, many * sizeof(float));

  float *logits = numbers(7 * 80, 5);
  const int32_t targets[7] = {1, 2, 64, 0, 33, -1, 5};
  double losses[7];
  k->train_float32->cross_entropy(losses, logits, logits, 7, 65, targets, 0.5f);
  print("cross-entropy", logits, 7 * 80 * sizeof(float)), print("losses", losses, sizeof losses);

  double weights[65];
  const double weight = k->weigh(weights, logits, 65, 6, 0.8);
  print("weights", weights, sizeof weights), print("their sum", &weight, sizeof weight);

  float *p = numbers(many, 1), *g = numbers(many, 1), *first = numbers(many, 0), *second = numbers(many, 0);
  const geul_adam settings = {0.01f, 0.001f, 0.9f, 0.99f, 1e-8f, 1.3f, 0.7f};
  k->adam(p, g, first, second, many, &settings);
  const double squares = k->sum_of_squares(g, many);
  print("adam", p, many * sizeof(float)), print("squares", &squares, sizeof squares);

  // A matrix [33, 80] times its transpose, and what that times the matrix is.
  float *matrix = numbers(33 * 80, 1), *gram = numbers(33 * 48, 0), *out = numbers(33 * 80, 0), *panel = numbers(80 * 64, 0);
  geul_dense call = {.rows = 33, .depth = 80, .a = matrix, .a_stride = 80, .b = matrix, .b_stride = 80, .columns = 33,
                     .transposes_b = 1, .is_symmetric = 1, .by_product = 0.5f, .diagonal = 2, .out = gram, .out_stride = 48,
                     .panel = panel};
  for (call.column = 0; call.column < 48; call.column += 16) k->dense(&call);
  print("gram", gram, 33 * 48 * sizeof(float));
  call = (geul_dense){.rows = 33, .depth = 33, .a = gram, .a_stride = 48, .b = matrix, .b_stride = 80, .columns = 80,
                      .by_product = 1, .by_addend = -3, .addend = matrix, .out = out, .out_stride = 80, .panel = panel};
  for (call.column = 0; call.column < 80; call.column += call.column ? 16 : 64) k->dense(&call);
  k->blend(out, matrix, 33 * 80, 0.9f, 0.3f);
  print("product", out, 33 * 80 * sizeof(float));
  return 0;
}
