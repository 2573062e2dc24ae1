/* The table of an Esper service. */
#include <headrace/config_esper.h>

#include "options_log.h"
#include "options_s3.h"

#define SCHEMA(name_, type, table)                                                                 \
    const struct hr_config_schema name_ = {.title = #name_, HR_FIELDS(table), .size = sizeof(type)}

const struct hr_config_choice hr_esper_environments[] = {{"development", HR_ESPER_DEVELOPMENT},
                                                         {"test", HR_ESPER_TEST},
                                                         {"staging", HR_ESPER_STAGING},
                                                         {"production", HR_ESPER_PRODUCTION},
                                                         {.name = NULL}};

/* ---- Stores of data. */

#define DATABASE struct hr_esper_database
static const struct hr_config_field database_fields[] = {
    HR_FIELD(DATABASE, url, HR_SECRET, .pattern = "postgres(ql)?://.+", .restart = true,
             .doc = "postgresql://USER:PASSWORD@HOST:PORT/NAME, in place of its parts."),
    HR_FIELD(DATABASE, host, HR_STRING, .default_value = "localhost", .length_min = 1,
             .restart = true, .doc = "Its host."),
    HR__COUNT("port", DATABASE, port, 65535, .default_value = "5432", .restart = true,
              .doc = "Its port."),
    HR_FIELD(DATABASE, name, HR_STRING, .default_value = "esper", .length_min = 1, .restart = true,
             .doc = "The database."),
    HR_FIELD(DATABASE, user, HR_STRING, .default_value = "esper", .length_min = 1, .restart = true,
             .doc = "The user."),
    HR_FIELD(DATABASE, password, HR_SECRET, .restart = true, .doc = "The user's password."),
    HR__COUNT("pool_size", DATABASE, pool_size, 10000, .default_value = "10", .restart = true,
              .doc = "Connections."),
    HR__PERIOD("connect_timeout", DATABASE, connect_timeout_ms, .default_value = "10s",
               .restart = true, .doc = "Of a connection."),
    HR__PERIOD("idle_timeout", DATABASE, idle_timeout_ms, .default_value = "5m", .restart = true,
               .doc = "A connection that nobody uses is closed after it."),
};
SCHEMA(hr_esper_database_schema, DATABASE, database_fields);

#define REDIS struct hr_esper_redis
static const struct hr_config_field redis_fields[] = {
    HR_FIELD(REDIS, url, HR_SECRET, .pattern = "rediss?://.+", .restart = true,
             .doc = "redis://USER:PASSWORD@HOST:PORT/DATABASE, in place of its parts."),
    HR_FIELD(REDIS, host, HR_STRING, .default_value = "localhost", .length_min = 1, .restart = true,
             .doc = "Its host."),
    HR__COUNT("port", REDIS, port, 65535, .default_value = "6379", .restart = true,
              .doc = "Its port."),
    HR_FIELD(REDIS, database, HR_UINT, .default_value = "0", .restart = true,
             .doc = "The number of the database."),
    HR_FIELD(REDIS, user, HR_STRING, .length_min = 1, .restart = true, .doc = "The user."),
    HR_FIELD(REDIS, password, HR_SECRET, .restart = true, .doc = "The password."),
    HR__COUNT("pool_size", REDIS, pool_size, 10000, .default_value = "10", .restart = true,
              .doc = "Connections."),
    HR__PERIOD("timeout", REDIS, timeout_ms, .default_value = "5s", .restart = true,
               .doc = "Of a command."),
};
SCHEMA(hr_esper_redis_schema, REDIS, redis_fields);

#define STORAGE struct hr_esper_storage
static const struct hr_config_field storage_fields[] = {
    HR_FIELD(STORAGE, bucket, HR_STRING, .default_value = "esper-artifacts", .length_min = 3,
             .length_max = 63, .restart = true, .doc = "The bucket."),
    HR_FIELD(STORAGE, prefix, HR_STRING, .length_max = 512, .restart = true,
             .doc = "What all keys begin with."),
    HR__S3_ROWS(STORAGE, s3.),
};
SCHEMA(hr_esper_storage_schema, STORAGE, storage_fields);

/* ---- Other services. */

#define ENTRY struct hr_esper_service_entry
static const struct hr_config_choice schemes[] = {{"http", 0}, {"https", 1}, {.name = NULL}};
static const struct hr_config_field entry_fields[] = {
    HR_FIELD(ENTRY, name, HR_KEY),
    HR_FIELD(ENTRY, url, HR_URL, .pattern = "https?://.+",
             .doc = "Its URL, in place of scheme, host and port."),
    HR_FIELD(ENTRY, scheme, HR_CHOICE, .choices = schemes, .doc = "http or https; http."),
    HR_FIELD(ENTRY, host, HR_STRING, .length_min = 1, .length_max = 255,
             .pattern = "[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+|\\[[0-9A-Fa-f:.]+\\]",
             .doc = "Its host; its name."),
    HR__COUNT("port", ENTRY, port, 65535, .doc = "Its port; 8000."),
    HR__PERIOD("timeout", ENTRY, timeout_ms, .doc = "Of a request to it; that of http."),
    HR__COUNT("attempts_max", ENTRY, attempts_max, UINT32_MAX - 1,
              .doc = "Attempts of a request to it; those of http."),
};
const struct hr_config_schema hr_esper_service_schema = {
    .title = "service", HR_FIELDS(entry_fields), .size = sizeof(ENTRY), .open = true};

/* ---- The log, and how much at a time. */

#define LOGGING struct hr_esper_logging
static const struct hr_config_field logging_fields[] = {
    HR_NAMED("service_name", LOGGING, service.name, HR_STRING, .length_min = 1, .restart = true,
             .doc = "The name of the log; the service's."),
    HR_NAMED("level", LOGGING, service.level, HR_STRING, .length_min = 1,
             .doc = "The level, or levels by names: info,s3=debug; INFO."),
    HR_NAMED("format", LOGGING, service.format, HR_STRING, .restart = true,
             .pattern = "[Ss][Tt][Rr][Uu][Cc][Tt][Uu][Rr][Ee][Dd]|[Tt][Ee][Xx][Tt]|"
                        "[Jj][Ss][Oo][Nn]|[Ll][Oo][Gg][Ff][Mm][Tt]",
             .doc = "structured (or text), json or logfmt; structured."),
    HR_NAMED("file", LOGGING, service.file, HR_PATH, .restart = true,
             .doc = "A file beside the console; none."),
    HR_NAMED("synchronous", LOGGING, service.synchronous, HR_BOOL, .restart = true,
             .doc = "A call returns when its line is written."),
    HR_NAMED("to_stdout", LOGGING, service.to_stdout, HR_BOOL, .restart = true,
             .doc = "The console is standard output, not standard error."),
    HR_NAMED("no_console", LOGGING, service.no_console, HR_BOOL, .restart = true,
             .doc = "Lines go to the file alone."),
    HR_NAMED("iso_time", LOGGING, service.iso_time, HR_BOOL, .restart = true,
             .doc = "2026-11-22T10:00:00.123Z, else 2026-11-22 10:00:00.123."),
    HR_NAMED("local_time", LOGGING, service.local_time, HR_BOOL, .restart = true,
             .doc = "Times of this machine's time zone, else of UTC."),
    HR_NAMED("source", LOGGING, service.source, HR_BOOL, .restart = true,
             .doc = "Lines show file and line of the call."),
    HR_NAMED("control_path", LOGGING, service.control_path, HR_PATH, .restart = true,
             .doc = "The socket of headrace log ctl; none."),
    HR__LOG_ROWS(LOGGING, log.),
};
SCHEMA(hr_esper_logging_schema, LOGGING, logging_fields);

#define PERFORMANCE struct hr_esper_performance
static const struct hr_config_field performance_fields[] = {
    HR__COUNT("concurrency", PERFORMANCE, concurrency, 1000000,
              .doc = "Operations at a time; no pool should be smaller."),
    HR__TIMEOUT("load_time_max", PERFORMANCE, load_time_max_ms, .default_value = "100ms",
                .doc = "A load of the configuration that takes longer is warned of."),
};
SCHEMA(hr_esper_performance_schema, PERFORMANCE, performance_fields);

/* ---- All of it. */

struct whole {
    struct hr_esper esper;
};

static const struct hr_config_field fields[] = {HR_ESPER_FIELDS(struct whole, esper)};

const struct hr_config_schema hr_esper_schema = {.title = "Esper service",
                                                 HR_FIELDS(fields),
                                                 .size = sizeof(struct hr_esper),
                                                 .check = hr_esper_check};
