/// What the fast paths ask about a code point, one byte each. For the shim's own files.
#ifndef GEUL_PROPERTY_H
#define GEUL_PROPERTY_H

#include <stdatomic.h>
#include <stdint.h>

enum {
  /// The byte has been worked out (so it is not 0).
  GEUL_KNOWN = 0x80,
  /// A grapheme always ends between two of these, whatever stands around them (UAX #29: Other, LV, LVT).
  GEUL_EASY = 0x01,
  /// A grapheme always ends before and after one of these, except inside CR LF (GB4, GB5: Control, CR, LF).
  GEUL_CONTROL = 0x02,
  /// Normalisation never joins one of these to what stands before it, nor changes it by itself: a starter
  /// whose quick check is Yes (UAX #15). One bit a form, in the order of `geul_form`.
  GEUL_ANCHOR_NFC = 0x10,
  GEUL_ANCHOR_NFD = 0x20,
  GEUL_ANCHOR_NFKC = 0x40,
};

/// Filled as code points are met: two threads that meet one together write the same byte.
extern _Atomic uint8_t geul_properties[0x110000];

/// Works out the byte of a code point that is met for the first time.
uint8_t geul_meet(uint32_t scalar);

static inline uint8_t geul_property(uint32_t scalar) {
  uint8_t byte = atomic_load_explicit(&geul_properties[scalar], memory_order_relaxed);
  return __builtin_expect(byte != 0, 1) ? byte : geul_meet(scalar);
}

#endif
