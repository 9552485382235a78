#include "CGeulUnicode.h"
