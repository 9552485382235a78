#include "CGeulUnicode.h"
#include "property.h"
#include "scalar.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/ubrk.h>
#include <unicode/utext.h>

struct geul_segmenter {
  UBreakIterator *breaks;  // opened on first use; plain text does not need it
};

geul_segmenter *geul_segmenter_open(void) { return calloc(1, sizeof(geul_segmenter)); }

void geul_segmenter_close(geul_segmenter *segmenter) {
  if (segmenter->breaks != NULL) ubrk_close(segmenter->breaks);
  free(segmenter);
}

/// Appends the token text[start..<end].
static void append(geul_tokens *tokens, const uint8_t *text, int64_t start, int64_t end) {
  int64_t at = start;
  uint32_t scalar = geul_scalar(text, &at);
  if (at == end) {
    tokens->codes[tokens->count++] = scalar;
    return;
  }
  tokens->codes[tokens->count++] = GEUL_CLUSTER | (uint32_t)(end - start);
  memcpy(tokens->clusters + tokens->bytes, text + start, (size_t)(end - start));
  tokens->bytes += end - start;
}

/// Appends the clusters of a text according to ICU's break iterator. If more text follows (`last` is false), the last
/// cluster is not appended: it may continue. All others are complete, because a boundary depends on the text before it
/// and on one character after it (UAX #29).
static int64_t segment_by_icu(geul_segmenter *segmenter, const uint8_t *text, int64_t count, bool last,
                              geul_tokens *tokens, int64_t *used) {
  UErrorCode status = U_ZERO_ERROR;
  *used = 0;
  if (count > INT32_MAX) return -U_INDEX_OUTOFBOUNDS_ERROR;
  if (segmenter->breaks == NULL) segmenter->breaks = ubrk_open(UBRK_CHARACTER, "", NULL, 0, &status);
  UText view = UTEXT_INITIALIZER;
  utext_openUTF8(&view, (const char *)text, count, &status);
  ubrk_setUText(segmenter->breaks, &view, &status);
  if (U_SUCCESS(status)) {
    int32_t start = 0;
    for (int32_t end = ubrk_next(segmenter->breaks); end != UBRK_DONE; end = ubrk_next(segmenter->breaks)) {
      if (end == count && !last) break;
      append(tokens, text, start, end);
      start = end;
    }
    *used = start;
  }
  utext_close(&view);
  return -(int64_t)(U_FAILURE(status) ? status : 0);
}

int64_t geul_graphemes_by_icu(geul_segmenter *segmenter, const uint8_t *text, int64_t count, geul_tokens *tokens) {
  int64_t used;
  return segment_by_icu(segmenter, text, count, true, tokens, &used);
}

/// Returns true if there is always a grapheme boundary between two characters with these properties, except in CR LF.
static inline bool is_boundary(uint8_t left, uint8_t right) {
  return (left & right & GEUL_SIMPLE) || ((left | right) & GEUL_CONTROL);
}

/// Returns the end of the text that ICU must segment: the first certain boundary from `at` on, or -1 if there is
/// none. `left` contains the properties of the character before `at`.
static int64_t cluster_end(const uint8_t *text, int64_t at, int64_t count, uint8_t left) {
  while (at < count) {
    int64_t next = at;
    uint8_t right = geul_property(geul_scalar(text, &next));
    if (is_boundary(left, right)) return at;
    left = right;
    at = next;
  }
  return -1;
}

/// Returns the end of the run of ASCII without carriage returns that starts at `at`; each of its characters is a
/// grapheme.
static int64_t plain_end(const uint8_t *text, int64_t at, int64_t count) {
  const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
  uint64_t eight;
  while (at + 8 <= count) {
    __builtin_memcpy(&eight, text + at, 8);
    uint64_t returns = eight ^ ones * '\r';  // a byte is 0 where there is a carriage return
    if ((eight | (returns - ones)) & tops) break;  // non-ASCII, or the borrow of a byte that is 0
    at += 8;
  }
  while (at < count && text[at] < 0x80 && text[at] != '\r') at++;
  return at;
}

int64_t geul_graphemes(geul_segmenter *segmenter, const uint8_t *text, int64_t count, bool last, geul_tokens *tokens,
                       int64_t *used) {
  *used = 0;
  if (count == 0) return 0;
  int64_t start = 0, end = 0, failure = 0;
  uint32_t scalar = geul_scalar(text, &end);
  uint8_t left = geul_property(scalar);
  while (end < count) {  // `scalar` is text[start..<end]
    if (scalar < 0x80 && text[end] < 0x80) {
      int64_t plain = plain_end(text, start, count) - 1;  // the last one may combine with the next character
      if (plain > start) {
        for (int64_t at = start; at < plain; at++) tokens->codes[tokens->count++] = text[at];
        start = plain;
        end = plain + 1;
        scalar = text[plain];
        left = geul_property(scalar);
        continue;
      }
    }
    int64_t next = end;
    uint32_t right_scalar = geul_scalar(text, &next);
    uint8_t right = geul_property(right_scalar);
    if (is_boundary(left, right) && !(scalar == '\r' && right_scalar == '\n')) {
      tokens->codes[tokens->count++] = scalar;
      start = end;
      end = next;
      scalar = right_scalar;
      left = right;
      continue;
    }
    if (scalar == '\r') {
      append(tokens, text, start, next);
    } else {
      next = cluster_end(text, next, count, right);
      if (next < 0) break;
      failure = geul_graphemes_by_icu(segmenter, text + start, next - start, tokens);
      if (failure) return failure;
    }
    start = end = next;
    if (start == count) break;
    scalar = geul_scalar(text, &end);
    left = geul_property(scalar);
  }
  if (start < count && end < count) {  // no certain boundary: a long sequence of characters that may combine
    int64_t more;
    failure = segment_by_icu(segmenter, text + start, count - start, last, tokens, &more);
    start += more;
  } else if (start < count && last) {
    tokens->codes[tokens->count++] = scalar;
    start = count;
  }
  *used = start;
  return failure;
}

int64_t geul_scalars(const uint8_t *text, int64_t count, uint32_t *codes) {
  int64_t found = 0;
  for (int64_t at = 0; at < count;) codes[found++] = geul_scalar(text, &at);
  return found;
}
