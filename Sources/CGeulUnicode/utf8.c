#include "CGeulUnicode.h"

#include <string.h>

/// Returns the length of the sequence at `s`, of which `available` bytes are in the text. Returns 0 if it is invalid,
/// with `bad` as in `geul_utf8_prefix`. The bounds of the second byte are those of Table 3-7 of the Unicode Standard.
static inline int32_t sequence(const uint8_t *s, int64_t available, int32_t *bad) {
  uint8_t lead = s[0], low = 0x80, high = 0xBF;
  int32_t length;
  if (lead < 0xC2 || lead > 0xF4) {  // NUL, but no other ASCII, reaches this branch
    *bad = 1;
    return 0;
  } else if (lead < 0xE0) {
    length = 2;
  } else if (lead < 0xF0) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  }
  for (int32_t i = 1; i < length; i++) {
    if (i == available) {
      *bad = -1;
      return 0;
    }
    if (s[i] < low || s[i] > high) {
      *bad = i;
      return 0;
    }
    low = 0x80, high = 0xBF;
  }
  return length;
}

/// Returns the end of the run of ASCII without NUL that starts at `at`.
static int64_t plain_end(const uint8_t *text, int64_t at, int64_t count) {
  const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
  uint64_t eight;
  while (at + 8 <= count) {
    __builtin_memcpy(&eight, text + at, 8);
    if ((eight | (eight - ones)) & tops) break;  // non-ASCII, or the borrow of a NUL
    at += 8;
  }
  while (at < count && text[at] < 0x80 && text[at] != 0) at++;
  return at;
}

int64_t geul_utf8_prefix(const uint8_t *text, int64_t count, int32_t *bad) {
  int64_t at = 0;
  *bad = 0;
  for (;;) {
    if (at < count && text[at] < 0x80) at = plain_end(text, at, count);
    if (at == count) return at;
    int32_t length = sequence(text + at, count - at, bad);
    if (length == 0) return at;
    at += length;
  }
}

int64_t geul_find_byte(const uint8_t *text, int64_t count, uint8_t value) {
  const uint8_t *found = count == 0 ? NULL : memchr(text, value, (size_t)count);
  return found == NULL ? -1 : found - text;
}
