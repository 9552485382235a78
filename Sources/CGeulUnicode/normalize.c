#include "CGeulUnicode.h"
#include "property.h"
#include "scalar.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

/// A form: ICU's normaliser, its quick check, and the bit of its anchors.
typedef struct {
  const UNormalizer2 *icu;
  UProperty quick_check;
  uint8_t anchor;
} form_rules;

static form_rules rules_of(geul_form form, UErrorCode *status) {
  switch (form) {
  case geul_nfd:
    return (form_rules){unorm2_getNFDInstance(status), UCHAR_NFD_QUICK_CHECK, GEUL_ANCHOR_NFD};
  case geul_nfkc:
    return (form_rules){unorm2_getNFKCInstance(status), UCHAR_NFKC_QUICK_CHECK, GEUL_ANCHOR_NFKC};
  default:
    return (form_rules){unorm2_getNFCInstance(status), UCHAR_NFC_QUICK_CHECK, GEUL_ANCHOR_NFC};
  }
}

/// Normalises a stretch by way of UTF-16, on the stack if it is short, and answers the number of bytes written.
static int64_t by_icu(const UNormalizer2 *icu, const uint8_t *text, int64_t count, uint8_t *out, int64_t capacity) {
  enum { SHORT = 64, GROWTH = 18 };  // U+FDFA becomes 18 UTF-16 units in NFKC, the most of all
  UChar stack[SHORT * (1 + GROWTH)], *source = stack;
  if (count > INT32_MAX / GROWTH || capacity < 0) return -U_INDEX_OUTOFBOUNDS_ERROR;
  if (count > SHORT) source = malloc((size_t)count * (1 + GROWTH) * sizeof(UChar));
  if (source == NULL) return -U_MEMORY_ALLOCATION_ERROR;

  UErrorCode status = U_ZERO_ERROR;
  UChar *target = source + count;
  int32_t length = 0, written = 0, room = capacity > INT32_MAX ? INT32_MAX : (int32_t)capacity;
  u_strFromUTF8(source, (int32_t)count, &length, (const char *)text, (int32_t)count, &status);
  length = unorm2_normalize(icu, source, length, target, (int32_t)count * GROWTH, &status);
  u_strToUTF8((char *)out, room, &written, target, length, &status);
  if (source != stack) free(source);
  return U_FAILURE(status) ? -(int64_t)status : written;
}

/// Where to stop normalising the stretch that starts at `anchor` and goes on at `at`: before an anchor, and so that a run of
/// such stretches costs one call, before the first of two in a row unless that is far. -1 if text must come first.
static int64_t stretch_end(const uint8_t *text, int64_t anchor, int64_t at, int64_t count, bool last, uint8_t bit) {
  enum { FAR = 4096 };
  int64_t latest = -1, behind = -1;  // the latest anchor, and the place behind it
  while (at < count) {
    int64_t here = at;
    if (!(geul_property(geul_scalar(text, &at)) & bit)) continue;
    if (here == behind) return latest;
    if (here - anchor > FAR) return here;
    latest = here;
    behind = at;
  }
  return last ? count : latest;
}

/// Walks from anchor to anchor. A stretch between two anchors is normalised by itself, and only if the quick check of UAX #15
/// does not find it normal already; everything else is copied.
int64_t geul_normalize(geul_form form, const uint8_t *text, int64_t count, bool last, uint8_t *out, int64_t capacity,
                       int64_t *used) {
  UErrorCode status = U_ZERO_ERROR;
  form_rules rules = rules_of(form, &status);
  if (U_FAILURE(status)) return -(int64_t)status;

  int64_t at = 0, written = 0;
  int64_t copied = 0;       // where the text that is not yet in `out` begins
  int64_t anchor = 0;       // where the last anchor stands
  uint8_t class_before = 0;  // the combining class of the character before
  while (at < count) {
    if (text[at] < 0x80) {  // each ASCII character is an anchor in every form
      at = geul_ascii_end(text, at, count);
      anchor = at - 1;
      class_before = 0;
      continue;
    }
    int64_t start = at;
    uint32_t scalar = geul_scalar(text, &at);
    if (geul_property(scalar) & rules.anchor) {
      anchor = start;
      class_before = 0;
      continue;
    }
    uint8_t class = u_getCombiningClass((UChar32)scalar);
    if (class != 0 && class >= class_before &&
        u_getIntPropertyValue((UChar32)scalar, rules.quick_check) == UNORM_YES) {
      class_before = class;
      continue;
    }

    int64_t end = stretch_end(text, anchor, at, count, last, rules.anchor);
    if (end < 0) break;
    memcpy(out + written, text + copied, (size_t)(anchor - copied));
    written += anchor - copied;
    int64_t more = by_icu(rules.icu, text + anchor, end - anchor, out + written, capacity - written);
    if (more < 0) return more;
    written += more;
    at = anchor = copied = end;
    class_before = 0;
  }
  int64_t end = last ? count : anchor;  // what follows the last anchor may still join it
  memcpy(out + written, text + copied, (size_t)(end - copied));
  *used = end;
  return written + end - copied;
}
