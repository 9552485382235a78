#ifndef CGEUL_KERNELS_H
#define CGEUL_KERNELS_H
#endif
