/// What Geul needs of ICU, in plain C types.
///
/// ICU's own headers stay out of here: they do not build beside Foundation, which brings its own ICU module, and
/// their functions are versioned macros that Swift sees as `ubrk_open_72`.
///
/// Conventions: text is UTF-8 and, except for `geul_utf8_prefix` and `geul_convert`, must be valid, which the caller
/// answers for. Sizes are in bytes. A function that can fail answers a negated ICU code (`geul_error_name`).
/// Streaming functions take `last`: false when more text follows; they then leave in the input (`*used`) whatever
/// the coming text could still change. All functions may be called from any thread; an opened object belongs to one.
#ifndef CGEUL_UNICODE_H
#define CGEUL_UNICODE_H

#include <stdbool.h>
#include <stdint.h>

/// ICU's version, such as "72.1".
const char *geul_icu_version(void);

/// The name of a negated ICU code, such as "U_FILE_ACCESS_ERROR".
const char *geul_error_name(int64_t negated);

// UTF-8

/// The length of the longest prefix of `text` that is valid UTF-8 without NUL, which no text holds. `*bad` is the length
/// of the ill-formed sequence that follows (a maximal subpart, as Unicode 3.9 and the WHATWG define it; 1 for NUL),
/// or 0 if the text ends well, or -1 if it ends inside a sequence that further bytes could complete.
int64_t geul_utf8_prefix(const uint8_t *text, int64_t count, int32_t *bad);

// Normal forms

typedef enum { geul_nfc, geul_nfd, geul_nfkc } geul_form;

/// The most bytes a normal form can make of one byte: what `geul_normalize` needs as room.
enum { GEUL_NFC_GROWTH = 3, GEUL_NFD_GROWTH = 3, GEUL_NFKC_GROWTH = 11 };

/// Writes the normal form of `text` to `out`, which holds `capacity` bytes, at least the growth of the form times
/// `count`, and answers the number of bytes written.
int64_t geul_normalize(geul_form form, const uint8_t *text, int64_t count, bool last, uint8_t *out, int64_t capacity,
                       int64_t *used);

// Units

/// A unit is a scalar value, or, when it is made of several, this bit and its length in bytes; those bytes stand in a
/// buffer of their own, one such unit after the other.
#define GEUL_CLUSTER 0x80000000u

typedef struct {
  uint32_t *units;    // room for a unit a byte of text
  int64_t count;      // of units
  uint8_t *clusters;  // room for all bytes of the text
  int64_t bytes;      // of clusters
} geul_units;

typedef struct geul_segmenter geul_segmenter;
geul_segmenter *geul_segmenter_open(void);
void geul_segmenter_close(geul_segmenter *segmenter);

/// Adds the extended grapheme clusters of `text` to `units`; answers 0 or a negated ICU code.
/// The same as ICU's character break iterator finds, which is asked only where neighbours may belong together.
int64_t geul_graphemes(geul_segmenter *segmenter, const uint8_t *text, int64_t count, bool last, geul_units *units,
                       int64_t *used);

/// The same, found by ICU's break iterator alone: the slow reference for tests. `text` is at most 2 GB.
int64_t geul_graphemes_by_icu(geul_segmenter *segmenter, const uint8_t *text, int64_t count, geul_units *units);

/// Writes the scalar values of `text` to `units`, which has room for `count` of them, and answers how many.
int64_t geul_scalars(const uint8_t *text, int64_t count, uint32_t *units);

// Encodings

typedef struct geul_converter geul_converter;

/// Opens a converter to UTF-8 from the encoding of that name, or answers null if ICU does not know it.
geul_converter *geul_converter_open(const char *name);
void geul_converter_close(geul_converter *converter);

/// The encoding's canonical name.
const char *geul_converter_name(geul_converter *converter);

/// The room that `geul_convert` needs beside four bytes for each byte of input.
enum { GEUL_CONVERT_ROOM = 16384 };

/// Converts `bytes` to UTF-8 in `out`, which holds `capacity` bytes, and answers the number of bytes written. Stops behind the first invalid sequence: `*bad` is then its length, otherwise 0. The converter keeps an
/// incomplete sequence at the end for the next call.
int64_t geul_convert(geul_converter *converter, const uint8_t *bytes, int64_t count, bool last, uint8_t *out,
                     int64_t capacity, int64_t *used, int32_t *bad);

/// Copies the invalid sequence at which `geul_convert` stopped last, at most 16 bytes, and answers its length. `*ahead` is
/// how many bytes behind it the converter has taken already, and will still convert.
int32_t geul_converter_invalid(geul_converter *converter, uint8_t *bytes, int32_t *ahead);

/// How many encodings ICU knows, and the common name of one of them.
int32_t geul_encoding_count(void);
const char *geul_encoding_name(int32_t index);

/// One guess at the encoding of a text; `confidence` runs from 0 to 100.
typedef struct {
  char name[32];
  int32_t confidence;
} geul_guess;

/// Writes the likeliest encodings of `bytes`, best first, to `guesses`, and answers how many.
int32_t geul_guess_encodings(const uint8_t *bytes, int32_t count, geul_guess *guesses, int32_t capacity);

// Characters

/// The script of a code point, as a small number, and its name, such as "Hangul".
int32_t geul_script(uint32_t scalar);
const char *geul_script_name(int32_t script);

#endif
