/// The list of recurrent cells. To add a cell, write body/NAME.inc and add it to both lists here.
#ifndef GEUL_CELLS
/// X(NAME, name) for each cell, in the order of `geul_cell`: GEUL_NAME, and the functions
/// name_forward and name_backward.
#define GEUL_CELLS(X) \
  X(RNN, rnn) \
  X(LSTM, lstm) \
  X(GRU, gru)
#endif

// The cells' functions, for the instruction set and precision of the including file.
#ifdef GEUL_CELL_BODIES
#include "../body/rnn.inc"
#include "../body/lstm.inc"
#include "../body/gru.inc"
#endif
