/// The properties of a code point that the fast paths use, one byte each. Internal to CGeulUnicode.
#ifndef GEUL_PROPERTY_H
#define GEUL_PROPERTY_H

#include <stdatomic.h>
#include <stdint.h>

enum {
  /// Set in every computed byte, so that 0 means not computed yet.
  GEUL_KNOWN = 0x80,
  /// Between two of these there is always a grapheme boundary (UAX #29: Other, LV, LVT).
  GEUL_SIMPLE = 0x01,
  /// Before and after one of these there is always a grapheme boundary, except in CR LF (GB4, GB5: Control, CR, LF).
  GEUL_CONTROL = 0x02,
  /// An anchor: normalization neither changes it nor combines it with the text before it. A starter whose quick
  /// check is Yes (UAX #15). One bit per form, in the order of `geul_form`.
  GEUL_ANCHOR_NFC = 0x10,
  GEUL_ANCHOR_NFD = 0x20,
  GEUL_ANCHOR_NFKC = 0x40,
};

/// The properties of all code points, computed on first use. Threads that compute one concurrently write the same byte.
extern _Atomic uint8_t geul_properties[0x110000];

/// Computes the properties of a code point with ICU and stores them.
uint8_t geul_load_property(uint32_t scalar);

static inline uint8_t geul_property(uint32_t scalar) {
  uint8_t byte = atomic_load_explicit(&geul_properties[scalar], memory_order_relaxed);
  return __builtin_expect(byte != 0, 1) ? byte : geul_load_property(scalar);
}

#endif
