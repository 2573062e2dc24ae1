// spdlog's asynchronous logger for perf/compare/log_kills.py: its default queue, which blocks when
// full.
#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#include "log_kill.h"

static std::shared_ptr<spdlog::logger> log_of_all;

static void put(int thread, uint64_t n) {
    log_of_all->info("counted thread={} n={} text={}", thread, n, "of middling length");
}

int main(int count, char **arguments) {
    if (count < 3) return 2;
    log_of_all = spdlog::basic_logger_mt<spdlog::async_factory>("kill", arguments[1]);
    return log_kill_run(arguments[2], put);
}
