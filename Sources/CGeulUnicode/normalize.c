#include "CGeulUnicode.h"
#include "property.h"
#include "scalar.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>

/// The data of a normal form: ICU's normalizer, the quick-check property and the bit of its anchors.
typedef struct {
  const UNormalizer2 *icu;
  UProperty quick_check;
  uint8_t anchor;
} form_rules;

static form_rules rules_of(geul_form form, UErrorCode *status) {
  switch (form) {
  case GEUL_NFD:
    return (form_rules){unorm2_getNFDInstance(status), UCHAR_NFD_QUICK_CHECK, GEUL_ANCHOR_NFD};
  case GEUL_NFKC:
    return (form_rules){unorm2_getNFKCInstance(status), UCHAR_NFKC_QUICK_CHECK, GEUL_ANCHOR_NFKC};
  default:
    return (form_rules){unorm2_getNFCInstance(status), UCHAR_NFC_QUICK_CHECK, GEUL_ANCHOR_NFC};
  }
}

/// A scalar and its combining class in the upper eight bits, so that a run of them can be sorted.
static uint32_t classified(UChar32 scalar) { return (uint32_t)u_getCombiningClass(scalar) << 24 | (uint32_t)scalar; }

/// Sorts a run of combining characters by class and keeps the order within a class (Unicode, D109): a counting sort.
static void sort_by_class(uint32_t *run, int64_t count, uint32_t *scratch) {
  int64_t starts[257] = {0};
  for (int64_t i = 0; i < count; i++) starts[(run[i] >> 24) + 1]++;
  for (int class = 0; class < 256; class++) starts[class + 1] += starts[class];
  for (int64_t i = 0; i < count; i++) scratch[starts[run[i] >> 24]++] = run[i];
  memcpy(run, scratch, (size_t)count * sizeof(uint32_t));
}

/// Writes a text to `out` as UTF-16, decomposed and in canonical order, and returns its length. `scalars` is scratch
/// space for two code points per code unit of `capacity`.
static int32_t decompose(const UNormalizer2 *icu, const uint8_t *text, int64_t count, UChar *out, int32_t capacity,
                         uint32_t *scalars, UErrorCode *status) {
  int64_t length = 0, start = 0;  // of all scalars; the start of the current run of combining characters
  for (int64_t at = 0; at < count && U_SUCCESS(*status);) {
    UChar mapping[32];
    UChar32 scalar = (UChar32)geul_scalar(text, &at);
    int32_t size = unorm2_getDecomposition(icu, scalar, mapping, 32, status);
    if (size < 0) {
      size = 0;
      U16_APPEND_UNSAFE(mapping, size, scalar);
    }
    for (int32_t i = 0; i < size;) {
      U16_NEXT(mapping, i, size, scalar);
      scalars[length] = classified(scalar);
      if (scalars[length] >> 24 == 0) {
        sort_by_class(scalars + start, length - start, scalars + capacity);
        start = length + 1;
      }
      length++;
    }
  }
  sort_by_class(scalars + start, length - start, scalars + capacity);
  int32_t written = 0;
  for (int64_t i = 0; i < length; i++) U16_APPEND_UNSAFE(out, written, scalars[i] & 0x1FFFFF);
  return written;
}

/// Returns true if a text has so long a sequence of combining characters that ICU, which sorts them by insertion,
/// would take quadratic time.
static bool has_long_sequence(const UNormalizer2 *icu, const uint8_t *text, int64_t count) {
  enum { LONG = 64 };
  int32_t length = 0;
  for (int64_t at = 0; at < count;) {
    length = unorm2_hasBoundaryBefore(icu, (UChar32)geul_scalar(text, &at)) ? 0 : length + 1;
    if (length > LONG) return true;
  }
  return false;
}

/// Normalizes a segment with ICU, converted to UTF-16 and back, and returns the number of bytes written. Buffers of
/// short segments are on the stack.
static int64_t normalize_by_icu(const UNormalizer2 *icu, const uint8_t *text, int64_t count, uint8_t *out,
                                int64_t capacity) {
  // U+FDFA has the largest expansion: three bytes become 18 UTF-16 code units in NFKC.
  enum { SHORT = 64, GROWTH = 6 };
  UChar stack[SHORT * 2 * GROWTH], *source = stack;
  if (count > INT32_MAX / GROWTH || capacity < 0) return -U_INDEX_OUTOFBOUNDS_ERROR;
  int32_t units = (int32_t)count * GROWTH;
  if (count > SHORT) source = malloc((size_t)units * 2 * sizeof(UChar));
  if (source == NULL) return -U_MEMORY_ALLOCATION_ERROR;

  UErrorCode status = U_ZERO_ERROR;
  UChar *target = source + units;
  int32_t length = 0, written = 0, size = capacity > INT32_MAX ? INT32_MAX : (int32_t)capacity;
  if (count > SHORT && has_long_sequence(icu, text, count)) {
    uint32_t *scalars = malloc((size_t)units * 2 * sizeof(uint32_t));
    if (scalars == NULL) status = U_MEMORY_ALLOCATION_ERROR;
    else length = decompose(icu, text, count, source, units, scalars, &status);
    free(scalars);
  } else {
    u_strFromUTF8(source, units, &length, (const char *)text, (int32_t)count, &status);
  }
  length = unorm2_normalize(icu, source, length, target, units, &status);
  u_strToUTF8((char *)out, size, &written, target, length, &status);
  if (source != stack) free(source);
  return U_FAILURE(status) ? -(int64_t)status : written;
}

/// Returns the end of the segment that starts at `anchor` and is scanned from `at` on; -1 if it is not in the text.
///
/// A segment ends before a normalization boundary. To normalize adjacent segments in one call, the end is before the
/// first of two consecutive anchors, unless the segment gets too long.
static int64_t segment_end(const form_rules *rules, const uint8_t *text, int64_t anchor, int64_t at, int64_t count,
                           bool last) {
  enum { MAX_LENGTH = 4096 };
  int64_t latest = -1, after = -1;  // the latest boundary, and the end of the latest anchor
  while (at < count) {
    int64_t here = at;
    uint32_t scalar = geul_scalar(text, &at);
    bool is_anchor = geul_property(scalar) & rules->anchor;
    if (!is_anchor && !unorm2_hasBoundaryBefore(rules->icu, (UChar32)scalar)) continue;
    if (here == after && is_anchor) return latest;
    if (here - anchor > MAX_LENGTH) return here;
    latest = here;
    if (is_anchor) after = at;
  }
  return last ? count : latest;
}

/// Text between two anchors is normalized independently, and only if the quick check of UAX #15 does not show that
/// it is already normal; all other text is copied.
int64_t geul_normalize(geul_form form, const uint8_t *text, int64_t count, bool last, uint8_t *out, int64_t capacity,
                       int64_t *used) {
  UErrorCode status = U_ZERO_ERROR;
  form_rules rules = rules_of(form, &status);
  if (U_FAILURE(status)) return -(int64_t)status;

  int64_t at = 0, written = 0;
  int64_t copied = 0;          // the start of the text that is not yet in `out`
  int64_t anchor = 0;          // the last anchor or boundary: the text before it is complete
  uint8_t previous_class = 0;  // the combining class of the previous character
  while (at < count) {
    if (text[at] < 0x80) {  // ASCII characters are anchors in every form
      at = geul_ascii_end(text, at, count);
      anchor = at - 1;
      previous_class = 0;
      continue;
    }
    int64_t start = at;
    uint32_t scalar = geul_scalar(text, &at);
    if (geul_property(scalar) & rules.anchor) {
      anchor = start;
      previous_class = 0;
      continue;
    }
    uint8_t class = u_getCombiningClass((UChar32)scalar);
    if (class != 0 && class >= previous_class &&
        u_getIntPropertyValue((UChar32)scalar, rules.quick_check) == UNORM_YES) {
      previous_class = class;
      continue;
    }

    int64_t end = segment_end(&rules, text, anchor, at, count, last);
    if (end < 0) break;
    memcpy(out + written, text + copied, (size_t)(anchor - copied));
    written += anchor - copied;
    int64_t more = normalize_by_icu(rules.icu, text + anchor, end - anchor, out + written, capacity - written);
    if (more < 0) return more;
    written += more;
    at = anchor = copied = end;
    previous_class = 0;
  }
  int64_t end = last ? count : anchor;  // text after the last anchor may still combine with it
  memcpy(out + written, text + copied, (size_t)(end - copied));
  *used = end;
  return written + end - copied;
}
