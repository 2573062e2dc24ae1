/* Steps that ask STS: a role for the token of a file, and a role for credentials. */
#include <errno.h>
#include <stdio.h>

#include "credentials_endpoint.h"
#include "credentials_run.h"
#include "small_file.h"

#define ATTEMPTS   3
#define TIMEOUT_MS 5000

/* Errors that pass: throttling, and an identity provider that could not be reached. */
static bool passes(struct hr_slice response) {
    static const char *const codes[] = {
        "Throttling",      "ThrottlingException",   "RequestLimitExceeded", "RequestThrottled",
        "TooManyRequests", "IDPCommunicationError", "RequestTimeout"};
    char code[64];
    hr__sts_error_code(response, code, sizeof code);
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (strcmp(code, codes[i]) == 0) return true;
    return false;
}

static int refused(struct hr__credentials_run *run) {
    char code[64];
    hr__sts_error_code(run->exchange.response, code, sizeof code);
    return hr_error_set(&run->fetch->error, HR_ERR_S3_CREDENTIALS, "STS refused %.100s: %d %s",
                        run->asked->role_arn.data, run->exchange.http.status, code);
}

static void on_answered(struct hr__credentials_exchange *exchange, int result) {
    struct hr__credentials_run *run =
        hr__container_of(exchange, struct hr__credentials_run, exchange);
    struct hr_s3_credentials found;
    if (result < 0)
        result = hr__run_unreached(run, "STS", result);
    else if (exchange->http.status != 200)
        result = refused(run);
    else
        result =
            hr__sts_read(run->asked, exchange->response, &run->texts, &run->fetch->error, &found);
    if (result < 0)
        hr__run_failed(run, result);
    else
        hr__run_got(run, &found);
}

/* A name for a session that was given none, as botocore makes one. */
static void name_session(struct hr__credentials_run *run, struct hr__sts_request *request) {
    if (request->session_name.size > 0) return;
    unsigned long long seconds = hr__reactor_wall_ns(run->reactor) / 1000000000u;
    snprintf(run->session_name, sizeof run->session_name, "headrace-%llu", seconds);
    request->session_name = hr_slice_of(run->session_name);
}

static struct hr_slice written(struct hr__writer *out, const char *begin) {
    return hr_slice_bytes(begin, (size_t)(out->at - begin));
}

static int write_url(struct hr__credentials_run *run, struct hr_slice *region, struct hr_url *url) {
    struct hr__writer out = hr__writer(run->exchange.url, sizeof run->exchange.url);
    int err =
        hr__credentials_service_url(&run->plan, HR__SERVICE_STS, region, &out, &run->fetch->error);
    if (err) return err;
    hr__put_text(&out, "/");
    hr__put_byte(&out, 0);
    if (out.full)
        return hr_error_set(&run->fetch->error, HR_ERR_S3_ENDPOINT_INVALID,
                            "the endpoint of sts is too long");
    return hr_url_parse(hr_slice_of(run->exchange.url), &run->fetch->error, url);
}

static int write_request(struct hr__credentials_run *run, const struct hr__sts_request *request,
                         struct hr_slice *region, struct hr_url *url) {
    struct hr__credentials_exchange *exchange = &run->exchange;
    int err = hr__run_client(run, run->clients->services);
    if (err) return err;
    hr__exchange_begin(exchange);
    err = write_url(run, region, url);
    if (err) return err;
    char *form = exchange->text.at;
    hr__sts_write(request, &exchange->text);
    if (exchange->text.full)
        return hr_error_set(&run->fetch->error, HR_ERR_S3_CREDENTIALS,
                            "the request to STS is too long");
    exchange->http.method = "POST";
    exchange->http.body = hr_source_bytes(form, written(&exchange->text, form).size);
    hr__exchange_field(exchange, "Host", url->authority);
    hr__exchange_field(exchange, "Content-Type",
                       hr_slice_of("application/x-www-form-urlencoded; charset=utf-8"));
    return 0;
}

static void ask(struct hr__credentials_run *run, const struct hr__sts_request *request) {
    run->asked = request;
    run->exchange.attempts_max = ATTEMPTS;
    run->exchange.timeout_ms = TIMEOUT_MS;
    run->exchange.passes = passes;
    run->exchange.on_done = on_answered;
    hr__exchange_start(&run->exchange);
}

/* ---- With the token of a file, read anew each time. */

int hr__run_web_identity(struct hr__credentials_run *run) {
    const struct hr__file_memory memory = {run->secret_memory, sizeof run->secret_memory};
    struct hr__sts_request *request = &run->request;
    struct hr_url url;
    *request = run->plan.web_identity;
    int err = hr__small_file_read(run->plan.token_file.data, &memory, &run->fetch->error,
                                  &request->token);
    if (err) return err;
    name_session(run, request);
    struct hr_slice region = hr__credentials_region(&run->plan);
    err = write_request(run, request, &region, &url);
    if (!err) ask(run, request);
    return err;
}

/* ---- With credentials, which sign. */

static int sign(struct hr__credentials_run *run, struct hr_slice region, const struct hr_url *url) {
    struct hr__credentials_exchange *exchange = &run->exchange;
    struct hr__writer *out = &exchange->text;
    char hash[HR_SIGV4_HEX_SIZE + 1];
    struct hr_sigv4_options options = {.region = region,
                                       .service = hr_slice_of("sts"),
                                       .time_s = hr__reactor_wall_ns(run->reactor) / 1000000000u};
    int err = hr_sigv4_payload_hash(exchange->http.body.data, exchange->http.body.size, hash);
    struct hr_sigv4_request request = {.method = hr_slice_of("POST"),
                                       .path = url->path,
                                       .fields = exchange->fields,
                                       .field_count = exchange->http.field_count,
                                       .payload_hash = hr_slice_of(hash)};
    struct hr_sigv4_result result;
    if (!err && !run->signer) err = hr_sigv4_signer_new(&run->signer);
    char *date = out->at, *value = date + 16;
    if (out->end - out->at < 16) return -ENOBUFS;
    if (!err)
        err = hr_sigv4_sign(run->signer, &run->current->keys, &options, &request, value,
                            (size_t)(out->end - value), &result);
    if (err) return err;
    hr__put(out, result.date, 16);
    out->at += result.size;
    hr__exchange_field(exchange, "X-Amz-Date", hr_slice_bytes(date, 16));
    hr__exchange_field(exchange, "Authorization", hr_slice_bytes(value, result.size));
    if (run->current->keys.session_token.size > 0)
        hr__exchange_field(exchange, "X-Amz-Security-Token", run->current->keys.session_token);
    return 0;
}

int hr__run_role(struct hr__credentials_run *run) {
    struct hr__sts_request *request = &run->request;
    struct hr_slice region = hr__credentials_region(&run->plan);
    struct hr_url url;
    *request = run->plan.roles[run->role++];
    name_session(run, request);
    int err = write_request(run, request, &region, &url);
    if (err) return err;
    err = sign(run, region, &url);
    if (err)
        return hr_error_set(&run->fetch->error, HR_ERR_S3_CREDENTIALS,
                            "the request to STS could not be signed: %s", hr_error_text(err));
    ask(run, request);
    return 0;
}
