#include "CGeulKernels.h"
