/* headrace's logger for perf/compare/log_kills.py: with shared rings where a directory is named. */
#include <headrace/log.h>

#include "log_kill.h"

static hr_log *log_of_all;

static void put(int thread, uint64_t n) {
    HR_INFO(log_of_all, "counted", "thread", thread, "n", n, "text", "of middling length");
}

int main(int count, char **arguments) {
    struct hr_error error = {0};
    if (count < 3) return 2;
    const struct hr_log_sink sink = {.kind = HR_LOG_SINK_FILE, .path = arguments[1]};
    const struct hr_log_options options = {.name = "kill",
                                           .sinks = &sink,
                                           .sink_count = 1,
                                           .ring_bytes = 4 << 20,
                                           .rings_directory = count > 3 ? arguments[3] : NULL};
    if (hr_log_new(&options, &error, &log_of_all) != 0) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    return log_kill_run(arguments[2], put);
}
