/// The functions of ICU that Geul uses, with plain C types.
///
/// ICU's headers are not exposed: they conflict with Foundation, which has its own ICU module, and
/// their functions are macros with a version suffix, such as `ubrk_open_72`, which Swift cannot import.
///
/// Conventions: text is UTF-8. It must be valid, except for `geul_utf8_prefix` and `geul_convert`.
/// Sizes are in bytes. A function that can fail returns a negated ICU error code (`geul_error_name`).
/// Streaming functions have a parameter `last`, false if more text follows; they then do not use
/// (`*used`) the part of the input that following text could still change. All functions are
/// thread-safe, but an opened object must be used by one thread at a time.
#ifndef CGEUL_UNICODE_H
#define CGEUL_UNICODE_H

#include <stdbool.h>
#include <stdint.h>

/// The version of ICU, such as "72.1".
const char *geul_icu_version(void);

/// Returns the name of a negated ICU error code, such as "U_FILE_ACCESS_ERROR".
const char *geul_error_name(int64_t negated);

// UTF-8

/// Returns the length of the longest prefix of `text` that is valid UTF-8 without NUL.
///
/// `*bad` is the length of the invalid sequence after the prefix (a maximal subpart according to
/// Unicode 3.9 and the WHATWG; 1 for NUL), or 0 if the whole text is valid, or -1 if the text ends with
/// an incomplete sequence.
int64_t geul_utf8_prefix(const uint8_t *text, int64_t count, int32_t *bad);

/// Returns the offset of the first byte with a value, or -1 if there is none.
int64_t geul_find_byte(const uint8_t *text, int64_t count, uint8_t value);

// Normal forms

/// A normalization form of UAX #15.
typedef enum { GEUL_NFC, GEUL_NFD, GEUL_NFKC } geul_form;

/// The maximum number of bytes of the normal form per byte of text.
enum { GEUL_NFC_GROWTH = 3, GEUL_NFD_GROWTH = 3, GEUL_NFKC_GROWTH = 11 };

/// Writes the normal form of `text` to `out` and returns the number of bytes written.
///
/// `capacity`, the size of `out`, is at least `count` times the growth of the form.
int64_t geul_normalize(geul_form form, const uint8_t *text, int64_t count, bool last, uint8_t *out,
                       int64_t capacity, int64_t *used);

// Tokens

/// A token's code is its scalar value. A token of several scalars has this bit and its size in bytes
/// as its code; its bytes are in a separate buffer.
#define GEUL_CLUSTER 0x80000000u

/// A sequence of tokens.
typedef struct {
  uint32_t *codes;    // capacity: one code per byte of text
  int64_t count;      // the number of codes
  uint8_t *clusters;  // capacity: the size of the text
  int64_t bytes;      // the size of the clusters
} geul_tokens;

/// A grapheme segmenter. `geul_segmenter_open` returns null if memory is exhausted.
typedef struct geul_segmenter geul_segmenter;
geul_segmenter *geul_segmenter_open(void);
void geul_segmenter_close(geul_segmenter *segmenter);

/// Appends the extended grapheme clusters of `text` to `tokens`. Returns 0 or a negated error code.
///
/// The result is that of ICU's character break iterator, which is called only where adjacent
/// characters may form a cluster.
int64_t geul_graphemes(geul_segmenter *segmenter, const uint8_t *text, int64_t count, bool last,
                       geul_tokens *tokens, int64_t *used);

/// Appends the clusters according to ICU's break iterator alone: the slow reference for tests.
///
/// `text` has at most INT32_MAX bytes.
int64_t geul_graphemes_by_icu(geul_segmenter *segmenter, const uint8_t *text, int64_t count,
                              geul_tokens *tokens);

/// Writes the scalars of `text` to `codes`, which has a capacity of `count`, and returns their number.
int64_t geul_scalars(const uint8_t *text, int64_t count, uint32_t *codes);

// Encodings

/// A converter from an encoding to UTF-8.
typedef struct geul_converter geul_converter;

/// Opens a converter from the encoding with this name to UTF-8; null if ICU does not know it.
geul_converter *geul_converter_open(const char *name);
void geul_converter_close(geul_converter *converter);

/// Returns ICU's canonical name of the encoding.
const char *geul_converter_name(geul_converter *converter);

/// Returns the number of unpaired surrogates that were converted to U+FFFD: some converters, such as
/// that of CESU-8, do not reject them.
int64_t geul_converter_unpaired(geul_converter *converter);

/// The capacity that `geul_convert` needs in addition to four bytes per byte of input.
enum { GEUL_CONVERT_RESERVE = 16384 };

/// Converts `bytes` to UTF-8 in `out` and returns the number of bytes written.
///
/// Stops after the first invalid sequence; `*bad` is then its length, otherwise 0. The converter keeps
/// an incomplete sequence at the end for the next call. `capacity` is the size of `out`.
int64_t geul_convert(geul_converter *converter, const uint8_t *bytes, int64_t count, bool last,
                     uint8_t *out, int64_t capacity, int64_t *used, int32_t *bad);

/// Copies the invalid sequence at which `geul_convert` last stopped, at most 16 bytes, and returns its
/// length. `*ahead` is the number of bytes after it that the converter has read but not yet converted.
int32_t geul_converter_invalid(geul_converter *converter, uint8_t *bytes, int32_t *ahead);

/// Returns the number of encodings that ICU knows.
int32_t geul_encoding_count(void);

/// Returns the common name of an encoding.
const char *geul_encoding_name(int32_t index);

/// A possible encoding of a text, with a confidence from 0 to 100.
typedef struct {
  char name[32];
  int32_t confidence;
} geul_guess;

/// Writes the most likely encodings of `bytes` to `guesses`, best first, and returns their number.
int32_t geul_guess_encodings(const uint8_t *bytes, int32_t count, geul_guess *guesses,
                             int32_t capacity);

// Characters

/// Returns the script of a code point as a number.
int32_t geul_script(uint32_t scalar);

/// Returns the name of a script, such as "Hangul".
const char *geul_script_name(int32_t script);

// Character classes

/// A set of characters, which `geul_class_open` parses from a pattern in the syntax of ICU's UnicodeSet.
///
/// White space in the pattern stands for itself. Returns null, with a negated error code in `*error`, if the pattern is
/// malformed.
typedef struct geul_class geul_class;
geul_class *geul_class_open(const uint8_t *pattern, int64_t count, int64_t *error);
void geul_class_close(geul_class *set);

/// Returns the number of ranges and strings of a set.
int32_t geul_class_count(const geul_class *set);

/// Writes the bounds of a range, which has no surrogates. Returns false if the item is a string.
bool geul_class_range(const geul_class *set, int32_t index, uint32_t *first, uint32_t *last);

#endif
