#include "CGeulUnicode.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/uvernum.h>

const char *geul_icu_version(void) { return U_ICU_VERSION; }

const char *geul_error_name(int64_t negated) { return u_errorName((UErrorCode)-negated); }

int32_t geul_script(uint32_t scalar) {
  UErrorCode status = U_ZERO_ERROR;
  UScriptCode script = uscript_getScript((UChar32)scalar, &status);
  return U_FAILURE(status) ? USCRIPT_UNKNOWN : script;
}

const char *geul_script_name(int32_t script) {
  const char *name = uscript_getName((UScriptCode)script);
  return name != NULL ? name : "Unknown";
}
