/* Rows of a log's options, for its own table and for that of a service's log. */
#ifndef HR_OPTIONS_LOG_H
#define HR_OPTIONS_LOG_H

#include <headrace/log.h>

#include "option_rows.h"

extern const struct hr_config_choice hr__log_fulls[], hr__log_levels[];

/* Of a `type` in which the options are `at`: empty, or a member with a dot behind it. Without name,
 * level, sinks, control_path and unstarted, which a service's log has in another way. */
#define HR__LOG_ROWS(type, at)                                                                     \
    HR__BYTES("ring_size", type, at ring_bytes, HR__BYTES_MAX, .restart = true,                    \
              .doc = "The ring of each thread, a power of two; 1MiB."),                            \
        HR__BYTES("rings_size_max", type, at rings_bytes_max, HR__BYTES_MAX, .restart = true,      \
                  .doc = "All rings; 256MiB."),                                                    \
        HR__BYTES("string_size_max", type, at string_bytes_max, UINT32_MAX, .restart = true,       \
                  .doc = "Longer strings are cut, and say so; 1KiB."),                             \
        HR__PERIOD("flush_interval", type, at flush_interval_ms, .restart = true,                  \
                   .doc = "A record waits no longer than this; 100ms."),                           \
        HR_NAMED("rings_directory", type, at rings_directory, HR_PATH, .restart = true,            \
                 .doc = "The rings are files here, and records outlive a process that is killed; " \
                        "memory."),                                                                \
        HR_COUNTED("redacted", type, at redacted, at redacted_count, const char *, HR_STRING,      \
                   .restart = true,                                                                \
                   .doc = "Patterns of keys whose values are not written, beside the built-in "    \
                          "ones."),                                                                \
        HR_NAMED("full", type, at full, HR_CHOICE, .choices = hr__log_fulls, .restart = true,      \
                 .doc = "What a call does where its ring is full; drop."),                         \
        HR__PERIOD("full_timeout", type, at full_timeout_ms, .restart = true,                      \
                   .doc = "The longest that a call waits; 200ms."),                                \
        HR_NAMED("errors_drop", type, at errors_drop, HR_BOOL, .restart = true,                    \
                 .doc = "ERROR and above drop as the others do."),                                 \
        HR_NAMED("sync_level", type, at sync_level, HR_CHOICE, .choices = hr__log_levels,          \
                 .restart = true,                                                                  \
                 .doc =                                                                            \
                     "Calls of this level and above wait until their record is written; none."),   \
        HR__COUNT("backtrace", type, at backtrace, 100000, .restart = true,                        \
                  .doc = "So many records of a thread below its level are written when an ERROR "  \
                         "comes; none."),                                                          \
        HR_NAMED("backtrace_level", type, at backtrace_level, HR_CHOICE,                           \
                 .choices = hr__log_levels, .restart = true,                                       \
                 .doc = "The lowest level of those; DEBUG."),                                      \
        HR__PERIOD("close_timeout", type, at close_timeout_ms, .restart = true,                    \
                   .doc = "The longest that the end waits for records; 10s.")

extern const struct hr_config_schema hr__log_sink_schema;

#endif
