#ifndef CGEUL_UNICODE_H
#define CGEUL_UNICODE_H
#endif
