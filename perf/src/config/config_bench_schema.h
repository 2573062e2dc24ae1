/* The schema of bench config's files. */
#ifndef PERF_CONFIG_BENCH_SCHEMA_H
#define PERF_CONFIG_BENCH_SCHEMA_H

#include <headrace/config_schema.h>

struct perf_config_pool {
    uint32_t size, idle;
};

struct perf_config_service {
    const char *key, *url;
    uint32_t workers;
    double rate;
    bool enabled;
    int level;
    uint32_t timeout;
    uint64_t memory;
    const char *description;
    struct perf_config_pool pool;
};

/* All of its keys are given. */
struct perf_config_entry {
    const char *key, *url;
    struct perf_config_entry_pool {
        uint32_t size;
    } pool;
};

struct perf_config_values {
    const char *name;
    uint32_t revision, revision_again;
    struct hr_config_items services; /* struct perf_config_service */
    struct hr_config_items entries;  /* struct perf_config_entry */
};

extern const struct hr_config_schema perf_config_schema;

#endif
