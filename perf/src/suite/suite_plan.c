/* The tables of the suites. */
#include "suite_plan.h"

#include <string.h>

#define LOGGING  "logging-overhead"
#define SUCCESS  "s3-success"
#define LOADING  "config-loading"
#define TOGETHER "compatibility"
#define READY    "deployment"
#define LEAKS    "memory-leaks"
#define DAY      "soak.measured_s>=86400"

#define CHECK(NAME, REQUIREMENT, UNIT, CRITERION)                                                  \
    { .name = (NAME), .requirement = (REQUIREMENT), .unit = (UNIT), .criterion = (CRITERION) }

/* Not run where less than a day was measured. */
#define DAY_CHECK(NAME, REQUIREMENT, UNIT)                                                         \
    {                                                                                              \
        .name = (NAME), .requirement = (REQUIREMENT), .unit = (UNIT), .criterion = LEAKS,          \
        .needs = DAY                                                                               \
    }

/* Reads and writes whose bodies are compared, through a proxy that spoils some. */
#define FAULTY_LOAD                                                                                \
    "bench", "s3", "--concurrency", "16", "--size", "4KiB", "--objects", "200", "--mix",           \
        "put=1,get=1,head=1", "--verify", "--attempts", "10"
#define TEN_PERCENT                                                                                \
    "--fault", "3% reset", "--fault", "1% reset-behind", "--fault", "2% status 500", "--fault",    \
        "3% status 503 SlowDown", "--fault", "1% GET truncate 50%"

const struct perf_suite_plan perf_suite_plans[] = {
    {
        "logging",
        "Logging",
        {{.words = {"bench", "service", "--part", "log"},
          .checks = {CHECK("a call, mean of 1000", "log.call_mean_ms<0.1", "ms", LOGGING),
                     CHECK("a call, 95th percentile", "log.call_p95_ms<0.2", "ms", LOGGING),
                     CHECK("10000 DEBUG, until in the file", "log.debug_10000_s<5", "s", NULL),
                     CHECK("memory of 10000 records", "log.debug_10000_memory_bytes<10485760", "B",
                           NULL),
                     CHECK("4 threads with 250 each, the slowest", "log.threads_4_s<1", "s", NULL),
                     CHECK("records without room", "log.dropped==0", "", NULL)}},
         {.words = {"bench", "service", "--part", "kill"},
          .checks = {CHECK("records accepted before SIGKILL", "kill.accepted==10000", "", NULL),
                     CHECK("records lost by SIGKILL", "kill.lost==0", "", READY)}}},
    },
    {
        "stress",
        "S3 stress",
        {{.words = {"bench", "s3", "--operations", "1000", "--concurrency", "50", "--size", "4KiB",
                    "--cleanup"},
          .uses_store = true,
          .checks = {CHECK("1000 uploads, 50 at once", "operations.submitted==1000", "", NULL),
                     CHECK("success, 50 at once", "success_rate>=0.999", "", SUCCESS),
                     CHECK("failures, 50 at once", "operations.failed==0", "", NULL)}},
         {.words = {"bench", "s3", "--operations", "1000", "--concurrency", "1000", "--size",
                    "4KiB", "--cleanup"},
          .uses_store = true,
          .checks = {CHECK("1000 uploads, 1000 at once", "operations.submitted==1000", "", NULL),
                     CHECK("success, 1000 at once", "success_rate>=0.999", "", SUCCESS),
                     CHECK("failures, 1000 at once", "operations.failed==0", "", NULL)}}},
    },
    {
        "sustained",
        "Sustained load",
        {{.words = {"bench", "s3", "--operations", "5000", "--concurrency", "20", "--size", "4KiB",
                    "--cleanup", "--mix", "put=1,get=1,delete=1", "--verify"},
          .uses_store = true,
          .checks = {CHECK("5000 operations, success", "success_rate>=0.999", "", SUCCESS),
                     CHECK("failures", "operations.failed==0", "", NULL),
                     CHECK("memory at most", "rss_peak_bytes<104857600", "B", NULL)}},
         {.words = {"bench", "service", "--part", "sustained"},
          .uses_store = true,
          .checks = {CHECK("5000 uploads that succeeded", "sustained.uploads==5000", "", NULL),
                     CHECK("looks, one every 1000", "sustained.looks==5", "", NULL),
                     CHECK("memory at each look, at most", "sustained.rss_most_bytes<104857600",
                           "B", NULL)}}},
    },
    {
        "pool",
        "Connection pool",
        {{.words = {"bench", "s3", "--operations", "100", "--concurrency", "100", "--pool", "20",
                    "--size", "4KiB", "--cleanup"},
          .uses_store = true,
          .checks = {CHECK("100 operations over 20 connections", "duration_s<10", "s", NULL),
                     CHECK("of them succeeded", "operations.succeeded>=95", "", NULL),
                     CHECK("connections at most", "connections_peak<=20", "", NULL)}}},
    },
    {
        "bench",
        "Benchmarks",
        {{.words = {"bench", "s3", "--operations", "100", "--concurrency", "1", "--size", "4KiB",
                    "--cleanup"},
          .uses_store = true,
          .checks = {CHECK("100 single uploads, mean", "latency_ms.mean<10", "ms", NULL)}},
         {.words = {"bench", "s3", "--operations", "500", "--concurrency", "10", "--size", "4KiB",
                    "--cleanup"},
          .uses_store = true,
          .checks = {CHECK("10 times 50 uploads", "duration_s<5", "s", NULL),
                     CHECK("success", "success_rate>0.95", "", NULL)}}},
    },
    {
        "configuration",
        "Configuration",
        {{.words = {"bench", "config", "--no-peers", "--keys", "10000", "--repeat", "3"},
          .full_words = {"bench", "config", "--no-peers", "--keys", "20000"},
          .checks = {CHECK("a file of one key", "seeds.keys_1_ms<10", "ms", LOADING),
                     CHECK("a file of 100 keys", "seeds.keys_100_ms<50", "ms", LOADING),
                     CHECK("a file of 1000 keys", "seeds.keys_1000_ms<100", "ms", LOADING),
                     CHECK("100 variables above a file", "overridden_100_ms<50", "ms", NULL),
                     CHECK("500 nested entries checked", "validate_500_ms<50", "ms", NULL)}},
         {.words = {"bench", "service", "--part", "together"},
          .uses_store = true,
          .checks = {CHECK("asked for again, beside a load", "together.config_cached_share<0.5", "",
                           NULL)}}},
    },
    {
        "leak",
        "Memory",
        {{.words = {"bench", "service", "--part", "leak"},
          .uses_store = true,
          .checks = {CHECK("10000 calls of the logger, growth", "leak_log.growth_bytes<5242880",
                           "B", NULL),
                     CHECK("a call, slope at least", "leak_log.slope_low_bytes<=1", "B", NULL),
                     CHECK("5000 uploads, growth", "leak_s3.growth_bytes<20971520", "B", NULL),
                     CHECK("an upload, slope at least", "leak_s3.slope_low_bytes<=64", "B", NULL),
                     CHECK("10 threads with 100 each, growth", "leak_workers.growth_bytes<52428800",
                           "B", NULL),
                     CHECK("their failures", "leak_workers.failed==0", "", NULL),
                     CHECK("descriptors left", "leak_held.more_descriptors==0", "", NULL),
                     CHECK("threads left", "leak_held.more_threads==0", "", NULL),
                     CHECK("mappings left", "leak_held.more_mappings<=8", "", NULL)}}},
    },
    {
        "resilience",
        "Resilience",
        {{.words = {FAULTY_LOAD, "--operations", "2000", TEN_PERCENT},
          .full_words = {FAULTY_LOAD, "--operations", "10000", TEN_PERCENT},
          .uses_store = true,
          .checks = {CHECK("10 % faults, success", "success_rate>=0.9999", "", SUCCESS),
                     CHECK("failures", "operations.failed==0", "", READY),
                     CHECK("resets that were put in", "faults.faults.reset>0", "", NULL),
                     CHECK("lost answers", "faults.faults.reset-behind>0", "", NULL),
                     CHECK("statuses 500 and 503", "faults.faults.status>0", "", NULL),
                     CHECK("cut bodies", "faults.faults.truncate>0", "", NULL)}},
         {.words = {FAULTY_LOAD, "--operations", "500", "--fault", "20% status 503 SlowDown"},
          .uses_store = true,
          .checks = {CHECK("20 % SlowDown, success", "success_rate>=0.8", "", NULL),
                     CHECK("failures", "operations.failed==0", "", READY)}},
         {.words = {FAULTY_LOAD, "--operations", "500", "--fault", "2% silent 300ms", "--fault",
                    "5% trickle 64KiB/s", "--fault", "latency 2ms +-1ms"},
          .uses_store = true,
          .checks = {CHECK("silence and slow lines, success", "success_rate>=0.8", "", NULL),
                     CHECK("failures", "operations.failed==0", "", READY),
                     CHECK("silences that were put in", "faults.faults.silent>0", "", NULL)}}},
    },
    {
        "recovery",
        "Recovery",
        {{.words = {FAULTY_LOAD, "--operations", "200", "--fault", "first 5 reset"},
          .uses_store = true,
          .checks = {CHECK("a temporary error, failures", "operations.failed==0", "", READY),
                     CHECK("resets that were put in", "faults.faults.reset==5", "", NULL)}},
         {.words = {FAULTY_LOAD, "--rate", "200", "--duration", "4s", "--fault",
                    "after 1s for 500ms status 503"},
          .uses_store = true,
          .checks = {CHECK("an outage of 0.5 s in 4 s, success", "success_rate>=0.8", "", NULL),
                     CHECK("refusals of it", "faults.faults.status>0", "", NULL)}},
         {.words = {FAULTY_LOAD, "--operations", "20", "--fault", "refuse"},
          .uses_store = true,
          .checks = {CHECK("a store that is away, named errors", "errors.ECONNRESET==20", "",
                           READY),
                     CHECK("ended as failures", "operations.failed==20", "", READY)}}},
    },
    {
        "integration",
        "Integration",
        {{.words = {"bench", "service", "--part", "together"},
          .uses_store = true,
          .checks = {CHECK("set-up", "together.setup_s<0.5", "s", TOGETHER),
                     CHECK("50 operations", "together.operations_50_s<2", "s", TOGETHER),
                     CHECK("both", "together.total_s<2.5", "s", TOGETHER),
                     CHECK("100 logged uploads that succeeded", "together.logged_uploads==100", "",
                           TOGETHER),
                     CHECK("lines at the configured level", "together.lines==200", "", TOGETHER),
                     CHECK("records without room", "together.dropped==0", "", NULL)}}},
    },
    {
        "readiness",
        "Readiness",
        {{.words = {"bench", "s3", "--duration", "30s", "--concurrency", "5", "--size", "4KiB",
                    "--cleanup", "--mix", "put=1,get=1,head=1", "--verify"},
          .full_words = {"bench", "s3", "--duration", "60s", "--concurrency", "5", "--size", "4KiB",
                         "--cleanup", "--mix", "put=1,get=1,head=1", "--verify"},
          .uses_store = true,
          .checks = {{.name = "5 workers, their time",
                      .requirement = "duration_s>=27",
                      .unit = "s",
                      .criterion = READY,
                      .full_requirement = "duration_s>=54"},
                     CHECK("failures", "operations.failed==0", "", READY),
                     CHECK("memory at most", "rss_peak_bytes<52428800", "B", READY)}},
         {.words = {"bench", "service", "--part", "secrets"},
          .checks = {CHECK("planted secrets that were found", "secrets.found==0", "", READY),
                     CHECK("bytes searched", "secrets.searched_bytes>=100", "", READY)}},
         {.words = {"bench", "service", "--part", "tls"},
          .checks = {CHECK("200 operations over TLS", "tls.operations==200", "", READY),
                     CHECK("their handshakes", "tls.handshakes>=1", "", READY),
                     CHECK("a certificate without trust, refused", "tls.untrusted_refused==1", "",
                           READY),
                     CHECK("a certificate of another name, refused", "tls.other_name_refused==1",
                           "", READY)}},
         {.words = {"bench", "service", "--part", "budget"},
          .uses_store = true,
          .checks = {CHECK("640 operations beyond the budget", "budget.operations==640", "", READY),
                     CHECK("most of the budget in use", "budget.peak_share<=1", "", READY),
                     CHECK("the budget was what held them", "budget.peak_share>0.8", "", NULL),
                     CHECK("bytes of it left in use", "budget.left_bytes==0", "", READY)}},
         {.words = {"doctor"},
          .json_flag = true,
          .checks = {CHECK("obstacles that the doctor finds", "failures==0", "", READY),
                     CHECK("descriptors, hard limit", "limits.open_files_hard>=4096", "", READY),
                     CHECK("memory that may be locked", "limits.memlock_bytes>=65536", "B",
                           READY)}}},
    },
    {
        "soak",
        "Soak",
        {{.words = {"bench", "s3", "--concurrency", "16", "--size", "4KiB", "--objects", "1000",
                    "--mix", "put=1,get=2,head=1", "--verify", "--cleanup"},
          .lasts = true,
          .uses_store = true,
          .checks =
              {CHECK("failures", "operations.failed==0", "", READY),
               CHECK("memory of a process, sure growth", "soak.rss_growth_low_bytes<=4194304", "B",
                     NULL),
               CHECK("p99 over the run, sure drift", "soak.p99_drift_low_percent<=50", "%", NULL),
               CHECK("descriptors more", "soak.more_descriptors==0", "", NULL),
               CHECK("threads more", "soak.more_threads==0", "", NULL),
               CHECK("checkpoints that failed", "soak.checkpoints_failed==0", "", NULL),
               DAY_CHECK("24 hours: failures", "operations.failed==0", ""),
               DAY_CHECK("24 hours: memory, sure growth", "soak.rss_growth_low_bytes<=4194304",
                         "B"),
               DAY_CHECK("24 hours: p99, sure drift", "soak.p99_drift_low_percent<=20", "%")}}},
    },
    {.name = NULL},
};

const struct perf_suite_plan *perf_suite_find(const char *name) {
    for (const struct perf_suite_plan *plan = perf_suite_plans; plan->name; plan++)
        if (strcmp(plan->name, name) == 0) return plan;
    return NULL;
}
