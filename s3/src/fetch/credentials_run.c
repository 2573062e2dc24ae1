/* A fetch from its beginning to its end. */
#include "credentials_run.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/crypto.h>

static void finish(struct hr__credentials_run *run, int result,
                   const struct hr_s3_credentials *credentials) {
    struct hr_s3_credentials_fetch *fetch = run->fetch;
    assert(result <= 0 && !run->exchange.busy);
    fetch->work = NULL;
    fetch->on_done(fetch, result, result == 0 ? credentials : NULL);
    hr__credentials_release(run->current);
    hr__texts_free(&run->texts);
    hr__credentials_plan_deinit(&run->plan);
    hr_sigv4_signer_free(run->signer);
    OPENSSL_cleanse(run, sizeof *run);
    free(run);
}

void hr__run_failed(struct hr__credentials_run *run, int result) {
    finish(run, run->stop_reason ? run->stop_reason : result, NULL);
}

static void begin(struct hr__credentials_run *run) {
    int err = run->stop_reason;
    if (!err) err = hr__credentials_plan_make(run->settings, &run->fetch->error, NULL, &run->plan);
    bool keys = !err && run->plan.base == HR__CREDENTIALS_KEYS;
    if (!err && !keys) err = run->steps->base[run->plan.base](run);
    if (err)
        hr__run_failed(run, err);
    else if (keys)
        hr__run_got(run, &run->plan.keys);
}

static void run_begin(struct hr_task *task) {
    begin(hr__container_of(task, struct hr__credentials_run, task));
}

int hr__credentials_run_start(const struct hr__run_steps *steps,
                              const struct hr__credentials_settings *settings,
                              const struct hr__credentials_clients *clients,
                              struct hr_reactor *reactor, struct hr_s3_credentials_fetch *fetch) {
    struct hr__credentials_run *run = calloc(1, sizeof *run);
    if (!run) return -ENOMEM;
    run->steps = steps;
    run->settings = settings;
    run->clients = clients;
    run->fetch = fetch;
    run->reactor = reactor;
    run->exchange.reactor = reactor;
    run->task.run = run_begin;
    fetch->work = run;
    hr__reactor_post(reactor, &run->task);
    return 0;
}

void hr__credentials_run_stop(struct hr__credentials_run *run, int reason) {
    if (run->stop_reason) return;
    assert(reason < 0);
    run->stop_reason = reason;
    hr__exchange_stop(&run->exchange, reason);
    hr__process_stop(&run->process, reason);
}

/* ---- Steps. */

static int keep(struct hr__credentials_run *run, const struct hr_s3_credentials *credentials) {
    int err = hr__credentials_check(credentials, run->plan.source, &run->fetch->error);
    struct hr__credentials *copy;
    if (!err) err = hr__credentials_copy(credentials, &copy);
    if (err) return err;
    hr__credentials_release(run->current);
    run->current = copy;
    return 0;
}

/* All that the step before had in memory is wiped before the next one uses it. */
static void wipe_step(struct hr__credentials_run *run) {
    OPENSSL_cleanse(run->text, sizeof run->text);
    OPENSSL_cleanse(run->secret_memory, sizeof run->secret_memory);
    hr__texts_free(&run->texts);
    hr__exchange_wipe(&run->exchange);
}

void hr__run_got(struct hr__credentials_run *run, const struct hr_s3_credentials *credentials) {
    int err = run->stop_reason ? run->stop_reason : keep(run, credentials);
    if (err) {
        hr__run_failed(run, err);
        return;
    }
    wipe_step(run);
    if (run->role == run->plan.role_count) {
        struct hr_s3_credentials view = hr__credentials_view(run->current);
        finish(run, 0, &view);
        return;
    }
    err = run->steps->role(run);
    if (err) hr__run_failed(run, err);
}

struct hr__writer hr__run_text(struct hr__credentials_run *run) {
    return hr__writer(run->text, sizeof run->text);
}

int hr__run_client(struct hr__credentials_run *run, hr_http_client *client) {
    run->exchange.client = client;
    if (client) return 0;
    return hr_error_set(&run->fetch->error, HR_ERR_S3_CREDENTIALS,
                        "%s has to be asked, which no file said when the client was made: make a "
                        "new one",
                        run->plan.source);
}

int hr__run_unreached(struct hr__credentials_run *run, const char *who, int result) {
    const struct hr_error *error = &run->exchange.http.request.error;
    const char *why = error->message[0] ? error->message : hr_error_text(result);
    if (result == HR_ERR_SINK_FULL) why = "its answer is larger than 64 KiB";
    return hr_error_set(&run->fetch->error, HR_ERR_S3_CREDENTIALS, "%s: %s", who, why);
}
