/* The table of fields that bench config's files are checked by; that of its peers says the same. */
#include "config_bench_schema.h"

static const struct hr_config_choice levels[] = {
    {"debug", 0}, {"info", 1}, {"warning", 2}, {"error", 3}, {NULL, 0}};

static const struct hr_config_field pool_fields[] = {
    HR_FIELD(struct perf_config_pool, size, HR_UINT, .min = 1, .max = 1024, .default_value = "10"),
    HR_FIELD(struct perf_config_pool, idle, HR_DURATION, .default_value = "30s"),
};

static const struct hr_config_field service_fields[] = {
    HR_FIELD(struct perf_config_service, key, HR_KEY),
    HR_FIELD(struct perf_config_service, url, HR_URL, .required = true),
    HR_FIELD(struct perf_config_service, workers, HR_UINT, .min = 1, .max = 1024,
             .default_value = "4"),
    HR_FIELD(struct perf_config_service, rate, HR_DOUBLE, .min = 0, .max = 1e6,
             .default_value = "100"),
    HR_FIELD(struct perf_config_service, enabled, HR_BOOL, .default_value = "true"),
    HR_FIELD(struct perf_config_service, level, HR_CHOICE, .choices = levels,
             .default_value = "info"),
    HR_FIELD(struct perf_config_service, timeout, HR_DURATION, .default_value = "30s"),
    HR_FIELD(struct perf_config_service, memory, HR_SIZE, .default_value = "64MiB"),
    HR_FIELD(struct perf_config_service, description, HR_STRING, .length_max = 200),
    HR_FIELD(struct perf_config_service, pool, HR_STRUCT, HR_FIELDS(pool_fields)),
};

static const struct hr_config_field entry_pool_fields[] = {
    HR_FIELD(struct perf_config_entry_pool, size, HR_UINT, .min = 1, .max = 1024, .required = true),
};

static const struct hr_config_field entry_fields[] = {
    HR_FIELD(struct perf_config_entry, key, HR_KEY),
    HR_FIELD(struct perf_config_entry, url, HR_URL, .required = true),
    HR_FIELD(struct perf_config_entry, pool, HR_STRUCT, HR_FIELDS(entry_pool_fields)),
};

static const struct hr_config_field fields[] = {
    HR_FIELD(struct perf_config_values, name, HR_STRING, .length_min = 1, .default_value = "bench"),
    HR_FIELD(struct perf_config_values, revision, HR_UINT, .default_value = "0"),
    HR_FIELD(struct perf_config_values, revision_again, HR_UINT, .default_value = "0"),
    HR_FIELD(struct perf_config_values, services, HR_MAP, HR_FIELDS(service_fields),
             .item_size = sizeof(struct perf_config_service)),
    HR_FIELD(struct perf_config_values, entries, HR_MAP, HR_FIELDS(entry_fields),
             .item_size = sizeof(struct perf_config_entry)),
};

const struct hr_config_schema perf_config_schema = HR_SCHEMA(struct perf_config_values, fields);
