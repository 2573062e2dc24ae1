/* The decimal number of the fewest digits that reads back as a given double. */
#ifndef HR_LOG_DOUBLE_H
#define HR_LOG_DOUBLE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hr__log_decimal {
    uint64_t significand; /* without zeros at its end */
    int exponent;         /* times ten to the power of this */
};

/* The decimal number of the absolute value of `number`, which is finite and not zero. */
struct hr__log_decimal hr__log_shortest(double number);

#ifdef __cplusplus
}
#endif

#endif
