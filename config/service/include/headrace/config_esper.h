/* The configuration of an Esper service: its table, the structs that it fills, and its services.
 *
 *   const char *files[] = {"service.yaml"};
 *   struct hr_config_options options = {.files = files, .file_count = 1, .schema =
 * &hr_esper_schema}; hr_config_load(&options, &problems, &error, &config); const struct hr_esper
 * *esper = hr_config_values(config);
 *
 * A program with keys of its own has a struct that begins with a struct hr_esper, and a table with
 * HR_ESPER_FIELDS and its own. */
#ifndef HEADRACE_CONFIG_ESPER_H
#define HEADRACE_CONFIG_ESPER_H

#include <headrace/config_options.h>
#include <headrace/engine.h>
#include <headrace/http_options.h>
#include <headrace/log.h>
#include <headrace/s3_client.h>

#ifdef __cplusplus
extern "C" {
#endif

enum hr_esper_environment {
    HR_ESPER_DEVELOPMENT,
    HR_ESPER_TEST,
    HR_ESPER_STAGING,
    HR_ESPER_PRODUCTION,
};

/* PostgreSQL. */
struct hr_esper_database {
    const char *url; /* postgresql://…, in place of host, port, name, user and password; a secret */
    const char *host;
    uint16_t port;
    const char *name, *user;
    const char *password;
    uint32_t pool_size;
    uint32_t connect_timeout_ms, idle_timeout_ms;
    uint64_t reserved[4];
};

struct hr_esper_redis {
    const char *url; /* redis://…, in place of host, port, database, user and password; a secret */
    const char *host;
    uint16_t port;
    uint32_t database;
    const char *user, *password;
    uint32_t pool_size;
    uint32_t timeout_ms;
    uint64_t reserved[4];
};

/* S3. */
struct hr_esper_storage {
    const char *bucket;
    const char *prefix; /* of all keys */
    struct hr_s3_client_options s3;
    uint64_t reserved[4];
};

/* Of hr_log_service: what is in `service`, and in `log` what it points to; its `log` member is not
 * set. */
struct hr_esper_logging {
    struct hr_log_service_options service;
    struct hr_log_options log;
    uint64_t reserved[4];
};

struct hr_esper_performance {
    uint32_t concurrency;      /* operations at a time; pools that are smaller are warned of */
    uint32_t load_time_max_ms; /* a load that takes longer is warned of */
    uint64_t reserved[4];
};

/* An entry of `services`. Any other key may be in it, too: hr_esper_service_get has the node. */
struct hr_esper_service_entry {
    const char *name;
    const char *url; /* in place of scheme, host and port */
    int scheme;      /* 0 is http, 1 https */
    const char *host;
    uint16_t port;
    uint32_t timeout_ms;
    uint32_t attempts_max;
    uint64_t reserved[4];
};

struct hr_esper {
    const char *name;
    enum hr_esper_environment environment;
    bool debug;
    struct hr_engine_options engine;
    struct hr_esper_database database;
    struct hr_esper_redis redis;
    struct hr_esper_storage storage;
    struct hr_config_items services; /* of struct hr_esper_service_entry */
    struct hr_http_client_options http;
    struct hr_esper_logging logging;
    struct hr_esper_performance performance;
    const struct hr_config_node *features; /* an open map, of flags mostly */
    const struct hr_config_node *training; /* an open map */
    uint64_t reserved[8];
};

HR_API extern const struct hr_config_schema hr_esper_schema; /* struct hr_esper */

/* The tables below it, for HR_ESPER_FIELDS. */
HR_API extern const struct hr_config_choice hr_esper_environments[];
HR_API extern const struct hr_config_schema hr_esper_database_schema;
HR_API extern const struct hr_config_schema hr_esper_redis_schema;
HR_API extern const struct hr_config_schema hr_esper_storage_schema;
HR_API extern const struct hr_config_schema hr_esper_service_schema;
HR_API extern const struct hr_config_schema hr_esper_logging_schema;
HR_API extern const struct hr_config_schema hr_esper_performance_schema;

/* The check of hr_esper_schema, for a schema whose struct begins with a struct hr_esper: warns of
 * secrets that everybody knows and debugging in production, and of pools that are smaller than the
 * concurrency. */
HR_API void hr_esper_check(const void *values, struct hr_config_check *check);

/* The rows of hr_esper_schema, for a `type` in which the struct hr_esper is `member`. */
#define HR_ESPER_FIELDS(type, member)                                                              \
    HR_NAMED("name", type, member.name, HR_STRING, .required = true, .length_min = 1,              \
             .restart = true, .doc = "Of the service."),                                           \
        HR_NAMED("environment", type, member.environment, HR_CHOICE,                               \
                 .choices = hr_esper_environments, .default_value = "development",                 \
                 .doc = "Where it runs."),                                                         \
        HR_NAMED("debug", type, member.debug, HR_BOOL, .doc = "Help for its developers."),         \
        HR_NAMED("engine", type, member.engine, HR_STRUCT, .schema = &hr_engine_schema,            \
                 .doc = "The engine that all of it runs on."),                                     \
        HR_NAMED("database", type, member.database, HR_STRUCT,                                     \
                 .schema = &hr_esper_database_schema, .doc = "PostgreSQL."),                       \
        HR_NAMED("redis", type, member.redis, HR_STRUCT, .schema = &hr_esper_redis_schema,         \
                 .doc = "Redis."),                                                                 \
        HR_NAMED("storage", type, member.storage, HR_STRUCT, .schema = &hr_esper_storage_schema,   \
                 .doc = "The store, S3."),                                                         \
        HR_NAMED("services", type, member.services, HR_MAP, .schema = &hr_esper_service_schema,    \
                 .item_size = sizeof(struct hr_esper_service_entry), .open = true,                 \
                 .alias = "training.services",                                                     \
                 .doc = "Other services: tolaria, tamiyo, urza, tezzeret, oona and any other."),   \
        HR_NAMED("http", type, member.http, HR_STRUCT, .schema = &hr_http_client_schema,           \
                 .doc = "The HTTP client."),                                                       \
        HR_NAMED("logging", type, member.logging, HR_STRUCT, .schema = &hr_esper_logging_schema,   \
                 .alias = "training.logging", .doc = "The log."),                                  \
        HR_NAMED("performance", type, member.performance, HR_STRUCT,                               \
                 .schema = &hr_esper_performance_schema, .doc = "How much at a time."),            \
        HR_NAMED("features", type, member.features, HR_OPEN, .doc = "Flags of the service."),      \
        HR_NAMED("training", type, member.training, HR_OPEN,                                       \
                 .doc = "Anything; its services and logging count as those above.")

/* ---- Options, by one call each. `config` was loaded with a schema whose struct begins with a
 * struct hr_esper; NULL is zeroed options. Strings live as long as the configuration. Any thread.
 */

HR_API void hr_esper_engine_options(const hr_config *config, struct hr_engine_options *options);
HR_API void hr_esper_http_options(const hr_config *config, struct hr_http_client_options *options);
HR_API void hr_esper_tls_options(const hr_config *config, struct hr_tls_options *options);
HR_API void hr_esper_s3_options(const hr_config *config, struct hr_s3_client_options *options);
/* `log` has what options->log points to. A log without a name has the service's; with `debug` and
 * no level it is DEBUG. */
HR_API void hr_esper_log_options(const hr_config *config, struct hr_log_service_options *options,
                                 struct hr_log_options *log);

/* ---- Other services. */

#define HR_ESPER_URL_MAX 512

/* Another service, as it is to be called. */
struct hr_esper_service {
    char url[HR_ESPER_URL_MAX];        /* without a slash at its end */
    uint32_t timeout_ms, attempts_max; /* its own, else those of `http`; 0: the client's default */
    bool known;                        /* it is in `services` */
    const struct hr_config_node *node; /* all that is said of it; NULL: nothing. It lives as long as
                                          the configuration */
    uint64_t reserved[4];
};

/* Another service by its name. One that `services` does not have is the defaults,
 * http://NAME:8000; with `strict` it is -ENOENT, and `error` names the one that is near. Resolved
 * when it is asked for first, and kept with the configuration: the last 128, for 300 seconds.
 * -EINVAL: a name that is none, or NULL; -ENAMETOOLONG: its URL has no room; -ENOMEM. Any thread.
 */
HR_API int hr_esper_service_get(const hr_config *config, const char *name, bool strict,
                                struct hr_error *error, struct hr_esper_service *service);
/* Its URL alone, with NUL. -ENAMETOOLONG: `capacity` is too small. */
HR_API int hr_config_service_url(const hr_config *config, const char *name, char *out,
                                 size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
