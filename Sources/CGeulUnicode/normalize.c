#include "CGeulUnicode.h"
#include "property.h"
#include "scalar.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

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

/// Normalizes a segment with ICU, converted to UTF-16 and back, and returns the number of bytes written. Buffers of
/// short segments are on the stack.
static int64_t normalize_by_icu(const UNormalizer2 *icu, const uint8_t *text, int64_t count, uint8_t *out,
                                int64_t capacity) {
  enum { SHORT = 64, GROWTH = 18 };  // U+FDFA has the largest expansion: 18 UTF-16 code units in NFKC
  UChar stack[SHORT * (1 + GROWTH)], *source = stack;
  if (count > INT32_MAX / GROWTH || capacity < 0) return -U_INDEX_OUTOFBOUNDS_ERROR;
  if (count > SHORT) source = malloc((size_t)count * (1 + GROWTH) * sizeof(UChar));
  if (source == NULL) return -U_MEMORY_ALLOCATION_ERROR;

  UErrorCode status = U_ZERO_ERROR;
  UChar *target = source + count;
  int32_t length = 0, written = 0, size = capacity > INT32_MAX ? INT32_MAX : (int32_t)capacity;
  u_strFromUTF8(source, (int32_t)count, &length, (const char *)text, (int32_t)count, &status);
  length = unorm2_normalize(icu, source, length, target, (int32_t)count * GROWTH, &status);
  u_strToUTF8((char *)out, size, &written, target, length, &status);
  if (source != stack) free(source);
  return U_FAILURE(status) ? -(int64_t)status : written;
}

/// Returns the end of the segment that starts at `anchor` and is scanned from `at` on; -1 if it is not in the text.
///
/// A segment ends before an anchor. To normalize adjacent segments in one call, the end is before the first of two
/// consecutive anchors, unless the segment gets too long.
static int64_t segment_end(const uint8_t *text, int64_t anchor, int64_t at, int64_t count, bool last, uint8_t bit) {
  enum { MAX_LENGTH = 4096 };
  int64_t latest = -1, after = -1;  // the start and the end of the latest anchor
  while (at < count) {
    int64_t here = at;
    if (!(geul_property(geul_scalar(text, &at)) & bit)) continue;
    if (here == after) return latest;
    if (here - anchor > MAX_LENGTH) return here;
    latest = here;
    after = at;
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
  int64_t anchor = 0;          // the position of the last anchor
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

    int64_t end = segment_end(text, anchor, at, count, last, rules.anchor);
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
