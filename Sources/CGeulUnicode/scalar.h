/// Decoding of valid UTF-8. Internal to CGeulUnicode.
#ifndef GEUL_SCALAR_H
#define GEUL_SCALAR_H

#include <stdint.h>

/// Returns the scalar at `text[*at]` and advances `*at` past it.
static inline uint32_t geul_scalar(const uint8_t *text, int64_t *at) {
  const uint8_t *s = text + *at;
  if (s[0] < 0x80) {
    *at += 1;
    return s[0];
  }
  if (s[0] < 0xE0) {
    *at += 2;
    return (s[0] & 0x1Fu) << 6 | (s[1] & 0x3Fu);
  }
  if (s[0] < 0xF0) {
    *at += 3;
    return (s[0] & 0x0Fu) << 12 | (s[1] & 0x3Fu) << 6 | (s[2] & 0x3Fu);
  }
  *at += 4;
  return (s[0] & 0x07u) << 18 | (s[1] & 0x3Fu) << 12 | (s[2] & 0x3Fu) << 6 | (s[3] & 0x3Fu);
}

/// Returns the end of the run of ASCII that starts at `at`.
static inline int64_t geul_ascii_end(const uint8_t *text, int64_t at, int64_t count) {
  uint64_t eight;
  while (at + 8 <= count) {
    __builtin_memcpy(&eight, text + at, 8);
    if (eight & 0x8080808080808080u) break;
    at += 8;
  }
  while (at < count && text[at] < 0x80) at++;
  return at;
}

#endif
