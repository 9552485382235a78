#include "property.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>

_Atomic uint8_t geul_properties[0x110000];

uint8_t geul_load_property(uint32_t scalar) {
  UChar32 c = (UChar32)scalar;
  uint8_t byte = GEUL_KNOWN;
  switch (u_getIntPropertyValue(c, UCHAR_GRAPHEME_CLUSTER_BREAK)) {
  case U_GCB_OTHER:
  case U_GCB_LV:
  case U_GCB_LVT:
    byte |= GEUL_SIMPLE;
    break;
  case U_GCB_CONTROL:
  case U_GCB_CR:
  case U_GCB_LF:
    byte |= GEUL_CONTROL;
    break;
  default:
    break;
  }
  if (u_getCombiningClass(c) == 0) {
    if (u_getIntPropertyValue(c, UCHAR_NFC_QUICK_CHECK) == UNORM_YES) byte |= GEUL_ANCHOR_NFC;
    if (u_getIntPropertyValue(c, UCHAR_NFD_QUICK_CHECK) == UNORM_YES) byte |= GEUL_ANCHOR_NFD;
    if (u_getIntPropertyValue(c, UCHAR_NFKC_QUICK_CHECK) == UNORM_YES) byte |= GEUL_ANCHOR_NFKC;
  }
  atomic_store_explicit(&geul_properties[scalar], byte, memory_order_relaxed);
  return byte;
}
