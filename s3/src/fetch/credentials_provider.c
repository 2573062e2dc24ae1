/* AWS's providers as the public interface has them. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <engine/reactor.h>
#include <headrace/s3_credentials.h>

#include "credentials_provider.h"
#include "credentials_run.h"
#include "settings_trust.h"

#define CONNECTIONS 8

struct made {
    struct hr__credentials_settings *settings;
    struct hr__credentials_clients clients;
    int closing; /* HTTP clients that are not gone yet */
};

/* ---- The functions of the provider. */

static int fetch(void *user, struct hr_s3_credentials_fetch *fetch) {
    struct made *made = user;
    struct hr_reactor *reactor = hr__engine_pick(made->clients.engine);
    return hr__credentials_run_start(&hr__run_steps, made->settings, &made->clients, reactor,
                                     fetch);
}

static void stop(void *user, struct hr_s3_credentials_fetch *fetch) {
    (void)user;
    struct hr__credentials_run *run = fetch->work;
    if (run && hr__reactor_current() == run->reactor) hr__credentials_run_stop(run, -ECANCELED);
}

static void closed_one(void *user) {
    struct made *made = user;
    if (__atomic_sub_fetch(&made->closing, 1, __ATOMIC_ACQ_REL) == 0) free(made);
}

/* The settings have secrets of the environment, and no fetch uses them any more. The count has one
 * more than there are clients, so that the last one to be counted down is not gone before all are
 * closing. */
static void free_made(void *user) {
    struct made *made = user;
    hr_http_client *direct = made->clients.direct, *services = made->clients.services;
    hr__credentials_settings_free(made->settings);
    made->settings = NULL;
    made->closing = 1 + (direct != NULL) + (services != NULL);
    if (direct) hr_http_client_close(direct, closed_one, made);
    if (services) hr_http_client_close(services, closed_one, made);
    closed_one(made);
}

/* ---- Making one. */

static int open_client(struct made *made, const struct hr_http_client_options *given, bool direct,
                       struct hr_error *error, hr_http_client **client) {
    struct hr_http_client_options http = {
        .tls = given->tls, .resolver = given->resolver, .proxy = given->proxy};
    if (direct) http.proxy = (struct hr_http_proxy_options){.url = ""};
    http.pool.connections_max = http.pool.connections_per_origin_max = CONNECTIONS;
    http.retry.attempts_max = HR__EXCHANGE_ATTEMPTS_MAX;
    http.timeout_ms = HR_NO_TIMEOUT;
    http.no_breaker = true;
    http.on_notice = given->on_notice;
    http.notice_user = given->notice_user;
    return hr_http_client_new(made->clients.engine, &http, error, client);
}

/* Trust that the options leave open is the bundle of variable or profile, which the settings lend
 * until both clients are made. */
static int open_clients(struct made *made, const struct hr_http_client_options *given,
                        struct hr_error *error) {
    struct hr_http_client_options http = *given;
    struct hr__s3_settings settings;
    struct hr__s3_value bundle;
    int err = hr__s3_settings_init(made->settings->profile, error, &settings);
    if (err) return err;
    err = hr__s3_settings_trust(&settings, &http.tls, error, &bundle);
    if (!err) err = open_client(made, &http, true, error, &made->clients.direct);
    if (!err) err = open_client(made, &http, false, error, &made->clients.services);
    hr__s3_settings_deinit(&settings);
    return err;
}

/* Whether nobody has to be asked over HTTP, as far as the files say now. */
static bool is_quiet(const struct hr__credentials_plan *plan) {
    return plan->role_count == 0 &&
           (plan->base == HR__CREDENTIALS_KEYS || plan->base == HR__CREDENTIALS_PROCESS);
}

/* Keys that need no asking are handed on at once. */
static int first_look(struct made *made, const struct hr_s3_credentials_options *options,
                      struct hr_error *error, struct hr__credentials_start *start) {
    struct hr__credentials_plan plan;
    int err = hr__credentials_plan_make(made->settings, error, NULL, &plan);
    if (err) return err;
    if (start && plan.base == HR__CREDENTIALS_KEYS && plan.role_count == 0)
        err = hr__credentials_copy(&plan.keys, &start->keys);
    if (!err && !is_quiet(&plan)) err = open_clients(made, &options->http, error);
    if (err == -ENOMEM) hr_error_set(error, err, "no memory for credentials");
    hr__credentials_plan_deinit(&plan);
    return err;
}

int hr__credentials_provider_make(hr_engine *engine,
                                  const struct hr_s3_credentials_options *options,
                                  struct hr_error *error, struct hr__credentials_start *start) {
    struct made *made = calloc(1, sizeof *made);
    if (!made) return hr_error_set(error, -ENOMEM, "no memory for credentials");
    made->clients.engine = engine;
    int err = hr__credentials_settings_new(options, error, &made->settings);
    if (!err) err = first_look(made, options, error, start);
    if (err) {
        free_made(made);
        return err;
    }
    start->provider = (struct hr_s3_credentials_provider){
        .name = "AWS", .user = made, .fetch = fetch, .stop = stop, .free = free_made};
    return 0;
}

int hr_s3_credentials_new(hr_engine *engine, const struct hr_s3_credentials_options *options,
                          struct hr_error *error, struct hr_s3_credentials_provider *provider) {
    static const struct hr_s3_credentials_options defaults;
    if (!engine || !provider)
        return hr_error_set(error, -EINVAL, "no engine, or nowhere to put the provider");
    struct hr__credentials_start start = {.keys = NULL};
    int err = hr__credentials_provider_make(engine, options ? options : &defaults, error, &start);
    hr__credentials_release(start.keys);
    if (!err) *provider = start.provider;
    return err;
}

int hr_s3_credentials_explain(const struct hr_s3_credentials_options *options,
                              struct hr_error *error, struct hr_s3_credentials_report *report) {
    static const struct hr_s3_credentials_options defaults;
    if (!report) return hr_error_set(error, -EINVAL, "nowhere to put the report");
    struct hr__credentials_settings *settings;
    int err = hr__credentials_settings_new(options ? options : &defaults, error, &settings);
    if (err) return err;
    struct hr__credentials_plan plan;
    struct hr_error local;
    memset(report, 0, sizeof *report);
    err = hr__credentials_plan_make(settings, error ? error : &local, report, &plan);
    if (!err) hr__credentials_plan_deinit(&plan);
    hr__credentials_settings_free(settings);
    return err;
}
