// spdlog's asynchronous logger as `headrace bench log` measures it: one thread that writes, a queue
// that blocks when it is full, the record of log_driver.h as one formatted text. Prints a line a
// figure. Without arguments it is a peer of `bench log --beside` (docs/peers.md).
//
// usage: log_spdlog [FILE RECORDS REPEAT BURSTS PACED IDLE_MS]
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#include "log_driver.h"
#include "log_task.h"

namespace {

constexpr size_t queue_slots = 8192; // its own default
constexpr int wait_us = 100;

struct subject {
    std::shared_ptr<spdlog::details::thread_pool> pool;
    std::shared_ptr<spdlog::async_logger> logger;
};

int open(void *user, const struct perf_log_setup *setup) {
    auto *self = static_cast<subject *>(user);
    try {
        auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(setup->path);
        self->pool = std::make_shared<spdlog::details::thread_pool>(queue_slots, 1);
        self->logger = std::make_shared<spdlog::async_logger>(PERF_LOG_NAME, sink, self->pool,
                                                              spdlog::async_overflow_policy::block);
        self->logger->set_pattern("%Y-%m-%d %H:%M:%S.%e - %n - %l - %v");
    } catch (const std::exception &failure) {
        std::fprintf(stderr, "log_spdlog: %s\n", failure.what());
        return -1;
    }
    return 0;
}

void put_one(spdlog::async_logger &logger, uint32_t i) {
    logger.info(PERF_LOG_MESSAGE " [request={} seconds={} client={}]", perf_log_integer(i),
                perf_log_double(i), perf_log_string(i));
}

void put(void *user, uint32_t count, struct perf_samples *samples, uint64_t gap) {
    auto &logger = *static_cast<subject *>(user)->logger;
    uint64_t due = perf_ticks();
    for (uint32_t i = 0; i < count; i++, due += gap) {
        if (gap) perf_ticks_await(due);
        if (!samples) {
            put_one(logger, i);
            continue;
        }
        uint64_t before = perf_ticks_fenced();
        put_one(logger, i);
        perf_samples_add(samples, perf_ticks_fenced() - before);
    }
}

// Its flush is a message behind the others, and does not wait: the end is when the queue is empty
// and the one thread takes the next message, the second flush.
int flush(void *user) {
    auto *self = static_cast<subject *>(user);
    const struct timespec pause = {0, wait_us * 1000};
    for (int i = 0; i < 2; i++) {
        self->logger->flush();
        while (self->pool->queue_size() > 0) nanosleep(&pause, nullptr);
    }
    return 0;
}

uint64_t dropped(void *user) {
    return static_cast<subject *>(user)->pool->overrun_counter();
}

void close(void *user) {
    auto *self = static_cast<subject *>(user);
    self->logger.reset();
    self->pool.reset(); // writes what is left, and ends its thread
}

std::string version() {
    return std::to_string(SPDLOG_VER_MAJOR) + "." + std::to_string(SPDLOG_VER_MINOR) + "." +
           std::to_string(SPDLOG_VER_PATCH);
}

int serve(const struct perf_log_subject *subject) {
    const std::string is = version();
    const struct perf_task_fact versions[] = {{"spdlog", is.c_str()}, {nullptr, nullptr}};
    const struct perf_task_fact settings[] = {{"queue", "8192 slots"},
                                              {"when full", "waits"},
                                              {"written by", "a thread"},
                                              {nullptr, nullptr}};
    const struct perf_log_task_texts texts = {"spdlog", versions, settings};
    return perf_log_task_serve(subject, &texts);
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 7 && argc != 1) {
        std::fprintf(stderr, "usage: log_spdlog [FILE RECORDS REPEAT BURSTS PACED IDLE_MS]\n");
        return 2;
    }
    struct subject self;
    struct perf_log_subject subject = {};
    subject.user = &self;
    subject.forms[PERF_LOG_TEXT] = true;
    subject.warm_ups = 1;
    subject.open = open;
    subject.put = put;
    subject.flush = flush;
    subject.dropped = dropped;
    subject.close = close;
    if (argc == 1) return serve(&subject);
    struct perf_log_plan plan = {};
    plan.path = argv[1];
    plan.records = static_cast<uint32_t>(std::strtoul(argv[2], nullptr, 10));
    plan.repeat = static_cast<unsigned>(std::strtoul(argv[3], nullptr, 10));
    plan.bursts = static_cast<unsigned>(std::strtoul(argv[4], nullptr, 10));
    plan.paced = static_cast<uint32_t>(std::strtoul(argv[5], nullptr, 10));
    plan.idle_ms = std::strtoull(argv[6], nullptr, 10);
    struct perf_log_figures figures;
    perf_log_figures_init(&figures);
    int err = perf_log_measure(&subject, &plan, &figures);
    if (err) {
        std::printf("missing the measurement failed: %d\n", err);
        return 1;
    }
    std::printf("version %s\n", version().c_str());
    perf_log_figures_print(&figures, stdout);
    return 0;
}
