// Doubles as decimal numbers of the fewest digits: the Dragonbox library, the one thing here that
// is C++.
#include <cstdint>

#include <dragonbox/dragonbox.h>

#include "log_double.h"

struct hr__log_decimal hr__log_shortest(double number) {
    auto decimal = jkj::dragonbox::to_decimal(number, jkj::dragonbox::policy::sign::ignore,
                                              jkj::dragonbox::policy::trailing_zero::remove);
    return {decimal.significand, decimal.exponent};
}
