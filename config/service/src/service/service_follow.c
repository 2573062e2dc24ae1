/* Following the configuration: what a reload changes, and what it says. */
#include <stdio.h>
#include <stdlib.h>

#include "service_state.h"

#define PLACE_SIZE 512

/* ---- What is said. */

void hr__service_log_problems(hr_service *service, const hr_config_problems *problems) {
    const struct hr_config_problem *problem;
    for (size_t i = 0; (problem = hr_config_problems_at(problems, i)); i++) {
        char place[PLACE_SIZE];
        snprintf(place, sizeof place, "%s", problem->origin.name ? problem->origin.name : "");
        if (problem->severity == HR_CONFIG_ERROR)
            HR_ERROR(service->log, "configuration", "problem", problem->message, "path",
                     problem->path, "source", (const char *)place, "line", problem->origin.line);
        else
            HR_WARN(service->log, "configuration", "problem", problem->message, "path",
                    problem->path, "source", (const char *)place, "line", problem->origin.line);
    }
}

static void on_refused(void *user, const hr_config_problems *problems,
                       const struct hr_error *error) {
    hr_service *service = user;
    HR_ERROR(service->log, "configuration refused, the old one stays", "error",
             (const char *)error->message);
    hr__service_log_problems(service, problems);
}

static void log_changes(hr_service *service, const struct hr_config_change *changes, size_t count) {
    HR_INFO(service->log, "configuration reloaded", "changes", (uint64_t)count);
    for (size_t i = 0; i < count; i++)
        if (changes[i].restart)
            HR_WARN(service->log, "a change of the configuration counts after a restart", "path",
                    changes[i].path);
}

/* ---- What is changed. */

static void set_level(hr_service *service, const hr_config *config) {
    struct hr_log_service_options options;
    struct hr_log_options log;
    struct hr_error error;
    const char *environment = getenv("HEADRACE_LOG");
    if (environment && *environment) return; /* it goes before the configuration */
    hr_esper_log_options(config, &options, &log);
    if (hr_log_levels_set(service->log, options.level ? options.level : "INFO", &error))
        HR_ERROR(service->log, "levels not changed", "error", (const char *)error.message);
}

/* Options that a client does not follow are not looked at. */
static void adjust_clients(hr_service *service, const hr_config *config) {
    struct hr_http_client_options http;
    struct hr_s3_client_options s3;
    struct hr_error error;
    hr_esper_http_options(config, &http);
    hr_esper_s3_options(config, &s3);
    if (service->http && hr_http_client_adjust(service->http, &http, &error))
        HR_ERROR(service->log, "the HTTP client stays as it is", "error",
                 (const char *)error.message);
    if (service->s3 && hr_s3_client_adjust(service->s3, &s3, &error))
        HR_ERROR(service->log, "the S3 client stays as it is", "error",
                 (const char *)error.message);
}

static void on_change(void *user, const struct hr_config_change *changes, size_t count) {
    hr_service *service = user;
    const hr_config *config = hr_config_read(&service->reader);
    set_level(service, config);
    adjust_clients(service, config);
    log_changes(service, changes, count);
    if (service->options.on_change)
        service->options.on_change(service->options.user, changes, count);
}

void hr__service_reload(hr_service *service) {
    hr_config_problems *problems;
    struct hr_error error;
    hr_log_reopen(service->log);
    if (hr_config_watch_reload(service->watch, &problems, &error))
        on_refused(service, problems, &error);
    else
        hr__service_log_problems(service, problems);
    hr_config_problems_free(problems);
}

int hr__service_watch(hr_service *service, hr_config_problems **problems, struct hr_error *error) {
    const struct hr_config_watch_options options = {.load = &service->load,
                                                    .poll_ms = service->options.poll_ms,
                                                    .on_change = on_change,
                                                    .on_refused = on_refused,
                                                    .user = service};
    int err = hr_config_watch_new(&options, problems, error, &service->watch);
    if (!err) hr_config_reader_open(service->watch, &service->reader);
    return err;
}
