#include "CGeulUnicode.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/ucnv.h>
#include <unicode/ucnv_err.h>
#include <unicode/ucsdet.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

struct geul_converter {
  UConverter *icu;
  UChar lead;  // the high surrogate of a pair whose low surrogate has not been read, or 0
  int64_t unpaired;  // the number of surrogates that became U+FFFD
};

geul_converter *geul_converter_open(const char *name) {
  UErrorCode status = U_ZERO_ERROR;
  UConverter *icu = name[0] == 0 ? NULL : ucnv_open(name, &status);
  geul_converter *converter = calloc(1, sizeof(geul_converter));
  if (icu != NULL) ucnv_setToUCallBack(icu, UCNV_TO_U_CALLBACK_STOP, NULL, NULL, NULL, &status);
  if (icu == NULL || converter == NULL || U_FAILURE(status)) {
    ucnv_close(icu);
    free(converter);
    return NULL;
  }
  converter->icu = icu;
  return converter;
}

void geul_converter_close(geul_converter *converter) {
  ucnv_close(converter->icu);
  free(converter);
}

const char *geul_converter_name(geul_converter *converter) {
  UErrorCode status = U_ZERO_ERROR;
  const char *name = ucnv_getName(converter->icu, &status);
  return name != NULL ? name : "";
}

int64_t geul_converter_unpaired(geul_converter *converter) { return converter->unpaired; }

/// Writes UTF-16 as UTF-8 and returns the number of bytes written. A high surrogate at the end is kept for the
/// next call; an unpaired surrogate becomes U+FFFD.
static int32_t write_utf8(geul_converter *converter, const UChar *text, int32_t count, uint8_t *out) {
  int32_t written = 0;
  for (int32_t i = 0; i < count; i++) {
    UChar32 c = text[i];
    bool paired = converter->lead != 0 && U16_IS_TRAIL(c);
    if (converter->lead != 0 && !paired) {
      U8_APPEND_UNSAFE(out, written, 0xFFFD);
      converter->unpaired++;
    }
    if (paired) {
      c = U16_GET_SUPPLEMENTARY(converter->lead, c);
    } else if (U16_IS_TRAIL(c)) {
      c = 0xFFFD;
      converter->unpaired++;
    }
    converter->lead = U16_IS_LEAD(text[i]) ? text[i] : 0;
    if (converter->lead == 0) U8_APPEND_UNSAFE(out, written, c);
  }
  return written;
}

int64_t geul_convert(geul_converter *converter, const uint8_t *bytes, int64_t count, bool last, uint8_t *out,
                     int64_t capacity, int64_t *used, int32_t *bad) {
  enum { PIVOT = 4096 };
  UChar pivot[PIVOT];
  const char *source = (const char *)bytes, *end = source + count;
  int64_t written = 0;
  UErrorCode status;
  *bad = 0;
  do {
    if (capacity - written < 3 * PIVOT + 6) return -U_BUFFER_OVERFLOW_ERROR;
    UChar *target = pivot;
    status = U_ZERO_ERROR;
    ucnv_toUnicode(converter->icu, &target, pivot + PIVOT, &source, end, NULL, last, &status);
    written += write_utf8(converter, pivot, (int32_t)(target - pivot), out + written);
  } while (status == U_BUFFER_OVERFLOW_ERROR);
  if (last && status == U_ZERO_ERROR && converter->lead != 0) {
    U8_APPEND_UNSAFE(out, written, 0xFFFD);
    converter->unpaired++;
    converter->lead = 0;
  }
  *used = source - (const char *)bytes;
  if (status == U_ILLEGAL_CHAR_FOUND || status == U_INVALID_CHAR_FOUND || status == U_TRUNCATED_CHAR_FOUND ||
      status == U_ILLEGAL_ESCAPE_SEQUENCE || status == U_UNSUPPORTED_ESCAPE_SEQUENCE) {
    uint8_t invalid[16];
    int32_t ahead;
    *bad = geul_converter_invalid(converter, invalid, &ahead);
    return written;
  }
  return U_FAILURE(status) ? -(int64_t)status : written;
}

int32_t geul_converter_invalid(geul_converter *converter, uint8_t *bytes, int32_t *ahead) {
  UErrorCode status = U_ZERO_ERROR;
  int8_t length = 16;
  ucnv_getInvalidChars(converter->icu, (char *)bytes, &length, &status);
  *ahead = ucnv_toUCountPending(converter->icu, &status);
  return U_FAILURE(status) || length < 1 ? 1 : length;
}

int32_t geul_encoding_count(void) { return ucnv_countAvailable(); }

const char *geul_encoding_name(int32_t index) {
  UErrorCode status = U_ZERO_ERROR;
  const char *canonical = ucnv_getAvailableName(index);
  const char *name = ucnv_getStandardName(canonical, "MIME", &status);
  if (name == NULL) name = ucnv_getStandardName(canonical, "IANA", &status);
  return name != NULL ? name : canonical;
}

int32_t geul_guess_encodings(const uint8_t *bytes, int32_t count, geul_guess *guesses, int32_t capacity) {
  UErrorCode status = U_ZERO_ERROR;
  UCharsetDetector *detector = ucsdet_open(&status);
  ucsdet_setText(detector, (const char *)bytes, count, &status);
  int32_t found = 0;
  const UCharsetMatch **matches = ucsdet_detectAll(detector, &found, &status);
  if (U_FAILURE(status)) found = 0;
  if (found > capacity) found = capacity;
  for (int32_t i = 0; i < found; i++) {
    strncpy(guesses[i].name, ucsdet_getName(matches[i], &status), sizeof guesses[i].name - 1);
    guesses[i].name[sizeof guesses[i].name - 1] = 0;
    guesses[i].confidence = ucsdet_getConfidence(matches[i], &status);
  }
  ucsdet_close(detector);
  return found;
}
