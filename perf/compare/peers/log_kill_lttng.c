/* LTTng-UST for perf/compare/log_kills.py: its event with a formatted text. */
#include <lttng/tracef.h>

#include "log_kill.h"

static void put(int thread, uint64_t n) {
    tracef("counted thread=%d n=%llu text=%s", thread, (unsigned long long)n, "of middling length");
}

int main(int count, char **arguments) {
    if (count < 3) return 2;
    return log_kill_run(arguments[2], put);
}
