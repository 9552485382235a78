#include "CGeulUnicode.h"

#include <stdlib.h>
#include <unicode/uset.h>
#include <unicode/ustring.h>

geul_class *geul_class_open(const uint8_t *pattern, int64_t count, int64_t *error) {
  *error = 0;
  UErrorCode status = U_ZERO_ERROR;
  // UTF-16 has at most one unit per byte of UTF-8.
  UChar *units = count < INT32_MAX ? malloc(sizeof(UChar) * (size_t)(count + 1)) : NULL;
  if (units == NULL) {
    *error = -U_MEMORY_ALLOCATION_ERROR;
    return NULL;
  }
  int32_t length = 0;
  u_strFromUTF8(units, (int32_t)count + 1, &length, (const char *)pattern, (int32_t)count, &status);
  // Without USET_IGNORE_SPACE, a space in the pattern stands for itself.
  USet *set = U_SUCCESS(status) ? uset_openPatternOptions(units, length, 0, &status) : NULL;
  free(units);
  if (U_FAILURE(status)) {
    if (set != NULL) uset_close(set);
    *error = -status;
    return NULL;
  }
  uset_removeRange(set, 0xD800, 0xDFFF);
  return (geul_class *)set;
}

void geul_class_close(geul_class *set) { uset_close((USet *)set); }

int32_t geul_class_count(const geul_class *set) { return uset_getItemCount((const USet *)set); }

bool geul_class_range(const geul_class *set, int32_t index, uint32_t *first, uint32_t *last) {
  UErrorCode status = U_ZERO_ERROR;
  UChar32 start = 0, end = 0;
  // The length of a string; 0 for a range.
  int32_t length = uset_getItem((const USet *)set, index, &start, &end, NULL, 0, &status);
  *first = (uint32_t)start;
  *last = (uint32_t)end;
  return length == 0;
}
