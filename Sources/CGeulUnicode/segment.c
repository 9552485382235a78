#include "CGeulUnicode.h"
#include "property.h"
#include "scalar.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/ubrk.h>
#include <unicode/utext.h>

struct geul_segmenter {
  UBreakIterator *breaks;  // opened when first needed: plain text never does
};

geul_segmenter *geul_segmenter_open(void) { return calloc(1, sizeof(geul_segmenter)); }

void geul_segmenter_close(geul_segmenter *segmenter) {
  if (segmenter->breaks != NULL) ubrk_close(segmenter->breaks);
  free(segmenter);
}

/// Adds the unit that stands in text[start..<end].
static void add(geul_units *units, const uint8_t *text, int64_t start, int64_t end) {
  int64_t at = start;
  uint32_t scalar = geul_scalar(text, &at);
  if (at == end) {
    units->units[units->count++] = scalar;
    return;
  }
  units->units[units->count++] = GEUL_CLUSTER | (uint32_t)(end - start);
  memcpy(units->clusters + units->bytes, text + start, (size_t)(end - start));
  units->bytes += end - start;
}

int64_t geul_graphemes_by_icu(geul_segmenter *segmenter, const uint8_t *text, int64_t count, geul_units *units) {
  UErrorCode status = U_ZERO_ERROR;
  if (count > INT32_MAX) return -U_INDEX_OUTOFBOUNDS_ERROR;
  if (segmenter->breaks == NULL) segmenter->breaks = ubrk_open(UBRK_CHARACTER, "", NULL, 0, &status);
  UText view = UTEXT_INITIALIZER;
  utext_openUTF8(&view, (const char *)text, count, &status);
  ubrk_setUText(segmenter->breaks, &view, &status);
  if (U_SUCCESS(status)) {
    int32_t start = 0;
    for (int32_t end = ubrk_next(segmenter->breaks); end != UBRK_DONE; end = ubrk_next(segmenter->breaks)) {
      add(units, text, start, end);
      start = end;
    }
  }
  utext_close(&view);
  return -(int64_t)(U_FAILURE(status) ? status : 0);
}

/// Whether a grapheme ends between two neighbours with these properties, whatever stands around them; CR LF apart.
static inline bool divides(uint8_t left, uint8_t right) {
  return (left & right & GEUL_EASY) || ((left | right) & GEUL_CONTROL);
}

/// The end of the stretch from `at` that must be shown to ICU: the first place that certainly divides, or -1
/// if there is none in the text. `left` is the property of the first character, which ends at `at`.
static int64_t hard_end(const uint8_t *text, int64_t at, int64_t count, uint8_t left) {
  while (at < count) {
    int64_t next = at;
    uint8_t right = geul_property(geul_scalar(text, &next));
    if (divides(left, right)) return at;
    left = right;
    at = next;
  }
  return -1;
}

/// The end of the run of ASCII without carriage returns that starts at `at`: each character of it is a grapheme.
static int64_t plain_end(const uint8_t *text, int64_t at, int64_t count) {
  const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
  uint64_t eight;
  while (at + 8 <= count) {
    __builtin_memcpy(&eight, text + at, 8);
    uint64_t returns = eight ^ ones * '\r';  // a byte that is 0 where a carriage return stands
    if ((eight | (returns - ones)) & tops) break;  // a top bit is set, or comes from the borrow that a 0 causes
    at += 8;
  }
  while (at < count && text[at] < 0x80 && text[at] != '\r') at++;
  return at;
}

int64_t geul_graphemes(geul_segmenter *segmenter, const uint8_t *text, int64_t count, bool last, geul_units *units,
                       int64_t *used) {
  *used = 0;
  if (count == 0) return 0;
  int64_t start = 0, end = 0, failure = 0;
  uint32_t scalar = geul_scalar(text, &end);
  uint8_t left = geul_property(scalar);
  while (end < count) {  // `scalar` stands in text[start..<end]
    if (scalar < 0x80 && text[end] < 0x80) {
      int64_t plain = plain_end(text, start, count) - 1;  // the last of a run may still join what follows
      if (plain > start) {
        for (int64_t at = start; at < plain; at++) units->units[units->count++] = text[at];
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
    if (divides(left, right) && !(scalar == '\r' && right_scalar == '\n')) {
      units->units[units->count++] = scalar;
      start = end;
      end = next;
      scalar = right_scalar;
      left = right;
      continue;
    }
    if (scalar == '\r') {
      add(units, text, start, next);
    } else {
      next = hard_end(text, next, count, right);
      if (next < 0) break;
      failure = geul_graphemes_by_icu(segmenter, text + start, next - start, units);
      if (failure) return failure;
    }
    start = end = next;
    if (start == count) break;
    scalar = geul_scalar(text, &end);
    left = geul_property(scalar);
  }
  if (last && start < count) {
    if (end == count) {
      units->units[units->count++] = scalar;
    } else {
      failure = geul_graphemes_by_icu(segmenter, text + start, count - start, units);
    }
    start = count;
  }
  *used = start;
  return failure;
}

int64_t geul_scalars(const uint8_t *text, int64_t count, uint32_t *units) {
  int64_t found = 0;
  for (int64_t at = 0; at < count;) units[found++] = geul_scalar(text, &at);
  return found;
}
