/* A service: its parts, made in order and ended the other way round. */
#include <errno.h>
#include <stdlib.h>

#include <base/reserved.h>
#include <headrace/clock.h>
#include <headrace/log_hooks.h>

#include "process_config.h"
#include "service_state.h"

#define NS_PER_MS UINT64_C(1000000)

/* ---- Making the parts. */

/* The error of a part, with its section in front. */
static int name_part(const char *section, int err, struct hr_error *error) {
    if (!err || !error) return err;
    struct hr_error part = *error;
    return hr_error_set(error, err, "%s: %s", section, part.message);
}

static int open_log(hr_service *service, const hr_config *config, struct hr_error *error) {
    struct hr_log_service_options options;
    struct hr_log_options log;
    hr_esper_log_options(config, &options, &log);
    log.engine = service->engine;
    int err = hr_log_service(&options, error, &service->log);
    if (err) return name_part("logging", err, error);
    return hr_log_start(service->log);
}

static void log_to(hr_log *log, struct hr_http_client_options *options) {
    options->on_event = hr_log_on_event;
    options->event_user = log;
    options->on_notice = hr_log_on_notice;
    options->notice_user = log;
}

static int open_clients(hr_service *service, const hr_config *config, struct hr_error *error) {
    struct hr_http_client_options http;
    struct hr_s3_client_options s3;
    int err = 0;
    hr_esper_http_options(config, &http);
    hr_esper_s3_options(config, &s3);
    log_to(service->log, &http);
    log_to(service->log, &s3.http);
    if (!service->options.without_http)
        err = hr_http_client_new(service->engine, &http, error, &service->http);
    if (err) return name_part("http", err, error);
    if (!service->options.without_s3)
        err = hr_s3_client_new(service->engine, &s3, error, &service->s3);
    return name_part("storage", err, error);
}

static int open_parts(hr_service *service, struct hr_error *error) {
    const hr_config *config = hr_config_read(&service->reader);
    struct hr_engine_options engine;
    hr_esper_engine_options(config, &engine);
    int err = hr_engine_new(&engine, error, &service->engine);
    if (err) return name_part("engine", err, error);
    err = open_log(service, config, error);
    return err ? err : open_clients(service, config, error);
}

/* ---- The beginning. */

static void warn_slow(hr_service *service, uint64_t took_ns) {
    const struct hr_esper *esper = hr_config_values(hr_config_read(&service->reader));
    uint32_t most_ms = esper->performance.load_time_max_ms;
    if (took_ns > most_ms * NS_PER_MS)
        HR_WARN(service->log, "the configuration took long to load", "ms", took_ns / NS_PER_MS,
                "load_time_max_ms", most_ms);
}

static int open_all(hr_service *service, hr_config_problems **problems, struct hr_error *error) {
    int err = hr__service_wait_open(service);
    if (err) return hr_error_set(error, err, "a service has no descriptor to wait on");
    uint64_t began_ns = hr_clock_monotonic_ns();
    err = hr__service_watch(service, problems, error);
    if (err) return err;
    uint64_t took_ns = hr_clock_monotonic_ns() - began_ns;
    err = hr__service_wait_watch(service);
    if (err) return hr_error_set(error, err, "a service has no descriptor to wait on");
    err = open_parts(service, error);
    if (err) return err;
    hr__service_log_problems(service, *problems);
    warn_slow(service, took_ns);
    hr__process_config_set(service->watch);
    return 0;
}

static int check(const struct hr_service_options *options, struct hr_error *error) {
    if (!options || !options->config)
        return hr_error_set(error, -EINVAL, "a service's options, or their config, are NULL");
    const struct hr_reserved own = {"hr_service_options", options->reserved,
                                    sizeof options->reserved};
    return hr__reserved_check(&own, 1, error);
}

int hr_service_new(const struct hr_service_options *options, hr_config_problems **problems,
                   struct hr_error *error, hr_service **service) {
    hr_config_problems *found = NULL;
    if (problems) *problems = NULL;
    int err = check(options, error);
    if (err) return err;
    hr_service *made = calloc(1, sizeof *made);
    if (!made) return hr_error_set(error, -ENOMEM, "no memory for a service");
    made->options = *options;
    made->load = *options->config;
    if (!made->load.schema) made->load.schema = &hr_esper_schema;
    made->ready_fd = made->stop_fd = made->signal_fd = -1;
    err = open_all(made, &found, error);
    if (problems)
        *problems = found;
    else
        hr_config_problems_free(found);
    if (err)
        hr_service_close(made);
    else
        *service = made;
    return err;
}

/* ---- The end. */

int hr_service_close(hr_service *service) {
    if (!service) return 0;
    hr_http_client_close(service->http, NULL, NULL);
    hr_s3_client_close(service->s3, NULL, NULL);
    int left = service->log ? hr_log_close(service->log) : 0;
    if (service->engine && left != -ETIMEDOUT) hr_engine_close(service->engine, NULL, NULL);
    if (service->watch) {
        hr__process_config_end(service->watch);
        hr_config_reader_close(&service->reader);
    }
    hr_config_watch_close(service->watch);
    hr__service_wait_close(service);
    free(service);
    return left;
}

/* ---- The parts. */

hr_engine *hr_service_engine(const hr_service *service) {
    return service->engine;
}

hr_log *hr_service_log(const hr_service *service) {
    return service->log;
}

hr_http_client *hr_service_http(const hr_service *service) {
    return service->http;
}

hr_s3_client *hr_service_s3(const hr_service *service) {
    return service->s3;
}

hr_config_watch *hr_service_watch(const hr_service *service) {
    return service->watch;
}
