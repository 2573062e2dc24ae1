/* headrace http: one request. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/clock.h>
#include <headrace/url.h>

#include "commands.h"
#include "http_call.h"

#define REDIRECTS_STANDARD 20
#define PROGRESS_AFTER_NS  1000000000u
#define RETRY_BUDGET       1000 /* percent: --retry alone says how often */

#define VALUE(field) offsetof(struct http_values, field)
static const struct option table[] = {
    {"header", "FIELD", OPTION_LIST, VALUE(headers), .check = header_check, .short_name = 'H',
     .help = "A header field 'Name: value'; may be repeated"},
    {"body", "TEXT", OPTION_STRING, VALUE(body), .help = "Send this text"},
    {"body-file", "FILE", OPTION_STRING, VALUE(body_file), .check = not_empty_check,
     .help = "Send this file; - is standard input, sent chunked where it is no file"},
    {"output", "FILE", OPTION_STRING, VALUE(output), .check = not_empty_check, .short_name = 'o',
     .help = "Where the body goes, a file or folder; - is standard output, the default, and lets "
             "binary bodies onto a terminal"},
    {"include", NULL, OPTION_FLAG, VALUE(include), .short_name = 'i',
     .help = "Print the answer's heads too; HEAD always does"},
    {"json", NULL, OPTION_FLAG, VALUE(json),
     .help = "Print one JSON object with status, header fields, timings and attempts; the body is "
             "dropped unless --output names a file"},
    {"fail", NULL, OPTION_FLAG, VALUE(fail), .short_name = 'f',
     .help = "A status of 400 and more is a failure: exit code 1, its body is not written"},
    {"location", NULL, OPTION_FLAG, VALUE(location), .short_name = 'L',
     .help = "Follow up to 20 redirects"},
    {"redirects", "N", OPTION_UINT, VALUE(redirects), .max = 1000,
     .help = "Follow up to so many redirects (default none)"},
    {"decode", NULL, OPTION_FLAG, VALUE(decode),
     .help = "Ask for gzip, zstd or br and write what is inside"},
    {"user", "USER[:PASSWORD]", OPTION_STRING, VALUE(user), .check = not_empty_check,
     .help = "Basic credentials; without a password that of HEADRACE_HTTP_PASSWORD, else the "
             "terminal is asked"},
    {"bearer", "SOURCE", OPTION_STRING, VALUE(bearer), .check = not_empty_check,
     .help = "A bearer token from file:PATH (its first line) or env:NAME"},
    {"retry", "N", OPTION_UINT, VALUE(retry), .standard = "0", .max = 99,
     .help = "Repeat up to so often what failed on the way and may be repeated"},
    {"idempotent", NULL, OPTION_FLAG, VALUE(idempotent),
     .help = "This request may be repeated although it is a POST or PATCH"},
    {"timeout", "DURATION", OPTION_DURATION, VALUE(timeout_ms), .min = 1, .max = UINT32_MAX - 1,
     .help = "Longest time for all of it (default none)"},
    {.name = NULL}};

static int wrong(const char *what, const char *why) {
    output_complain("http: %.200s %s. See 'headrace http --help'.", what, why);
    return EXIT_USAGE;
}

/* What fits together and what does not, beyond single options. */
static int check_values(const struct http_values *values, const char *method, const char *url) {
    struct hr_url parts;
    struct hr_error error = {0};
    if (strstr(method, "://")) return wrong(method, "stands where the method is wanted");
    if (hr_url_parse(hr_slice_of(url), &error, &parts) != 0) {
        output_complain("http: '%.200s': %s", url, error.message);
        return EXIT_USAGE;
    }
    if (parts.userinfo.size)
        return wrong("a URL with credentials", "stands in the process list: give --user");
    if (values->body && values->body_file)
        return wrong("--body and --body-file", "exclude each other");
    if (values->json && values->output && strcmp(values->output, "-") == 0)
        return wrong("--json and --output -", "would both write to standard output");
    return EXIT_DONE;
}

static void fill_request(struct http_call *call) {
    const struct http_values *values = call->values;
    struct hr_http_request *request = &call->request;
    for (size_t i = 0; i < values->headers.count; i++)
        header_read(values->headers.items[i], &call->fields[i]);
    request->fields = call->fields;
    request->field_count = values->headers.count;
    request->decode = values->decode;
    request->idempotent = values->idempotent;
    request->final_url = call->final_url;
    request->final_url_size = sizeof call->final_url;
    if (call->credentials.auth.user || call->credentials.auth.bearer)
        request->auth = &call->credentials.auth;
    session_prepare(&call->session, &request->request);
    request->request.timeout_ms = values->timeout_ms ? (uint32_t)values->timeout_ms : HR_NO_TIMEOUT;
    request->request.attempt_log = call->attempts;
    request->request.attempt_log_size = HTTP_ATTEMPTS_LOGGED;
}

static int make_client(struct http_call *call) {
    const struct http_values *values = call->values;
    uint64_t redirects = values->redirects  ? values->redirects
                         : values->location ? REDIRECTS_STANDARD
                                            : 0;
    struct hr_http_client_options options = {
        .timeout_ms = HR_NO_TIMEOUT,
        .redirects_max = (uint32_t)redirects,
        .proxy_from_environment = true,
        .attempts_max = values->retry ? (uint32_t)values->retry + 1 : HR_NO_RETRY,
        .extra_stale_retry = true, /* as curl and browsers do */
        .retry_budget_percent = RETRY_BUDGET,
        .no_breaker = true, /* one request: --retry alone says how often */
    };
    int code = tls_values_fill(&values->tls, &options.tls);
    if (code) return code;
    network_values_fill(&values->network, &call->resolve, &options);
    struct hr_error error = {0};
    int err = hr_http_client_new(call->session.on.engine, &options, &error, &call->client);
    if (!err) return EXIT_DONE;
    output_error(&error, values->json, "cannot make a client");
    return err == -ENOMEM || err == -ESHUTDOWN ? EXIT_FAILED : EXIT_USAGE;
}

/* What has moved, where that takes long and nobody sees the body itself. */
struct meter {
    struct http_call *call;
    struct output_progress progress;
    uint64_t begun_ns;
};

static void show_progress(void *user) {
    struct meter *meter = user;
    struct hr_engine_metrics metrics;
    if (hr_clock_monotonic_ns() - meter->begun_ns < PROGRESS_AFTER_NS) return;
    if (meter->call->answer.stream && isatty(STDOUT_FILENO)) return;
    hr_engine_metrics_get(meter->call->session.on.engine, &metrics);
    bool sending = metrics.bytes_sent > metrics.bytes_received;
    output_progress_bytes(&meter->progress, sending ? "sent" : "received",
                          sending ? metrics.bytes_sent : metrics.bytes_received, 0);
}

/* Whether it is what was asked for that cannot be, so that nothing was sent. */
static bool is_usage(const struct http_call *call, int result) {
    switch (result) {
    case -EINVAL:
    case HR_ERR_METHOD_INVALID:
    case HR_ERR_TARGET_INVALID:
    case HR_ERR_HEADER_INVALID:
    case HR_ERR_URL_MALFORMED:
    case HR_ERR_URL_SCHEME:
        return call->request.status == 0;
    default:
        return false;
    }
}

static int end(struct http_call *call, int result, const struct hr_error *error) {
    struct session *session = &call->session;
    if (call->values->json) http_report_json(call, error);
    session->json = false; /* the one object is out */
    if (result) {
        int code = session_end(session, result, error, "%s", call->request.url);
        return code == EXIT_FAILED && is_usage(call, result) ? EXIT_USAGE : code;
    }
    if (!call->values->fail || call->answer.status < 400) return EXIT_DONE;
    output_complain("%s: answered with status %d", call->request.url, call->answer.status);
    return EXIT_FAILED;
}

static int ask(struct http_call *call) {
    struct hr_error error = {0};
    struct meter meter = {.call = call, .begun_ns = hr_clock_monotonic_ns()};
    fill_request(call);
    int code = http_body_open(call);
    if (!code) code = http_answer_open(call);
    if (code) {
        http_answer_close(call, -ECANCELED, &error);
        http_body_close(&call->body);
        return code;
    }
    int started = hr_http_request_start(call->client, &call->request);
    int result = session_wait(&call->session, &call->request.request, started, show_progress,
                              &meter, &error);
    output_progress_end(&meter.progress);
    int err = http_body_close(&call->body);
    if (result && err)
        result = hr_error_set(&error, err, "cannot read the body: %s", hr_error_text(err));
    result = http_answer_close(call, result, &error);
    return end(call, result, &error);
}

static int run_call(struct http_call *call) {
    const struct http_values *values = call->values;
    int code = http_credentials_read(values, &call->credentials);
    if (!code) code = session_open_engine(&call->session, &values->engine, 1, values->json);
    if (code) return code;
    code = make_client(call);
    if (!code) {
        code = ask(call);
        hr_http_client_close(call->client, session_client_closed, &call->session);
        session_wait_closed(&call->session);
    }
    session_close(&call->session);
    return code;
}

/* GET, or POST where there is a body; HEAD shows its head, as it has nothing else. */
static int run(const struct command_call *arguments) {
    struct http_values values = *(const struct http_values *)arguments->values;
    bool named = arguments->argument_count == 2;
    const char *url = arguments->arguments[named ? 1 : 0];
    const char *method = named                             ? arguments->arguments[0]
                         : values.body || values.body_file ? "POST"
                                                           : "GET";
    int code = check_values(&values, method, url);
    if (code) return code;
    if (strcmp(method, "HEAD") == 0) values.include = true;
    struct http_call *call = calloc(1, sizeof *call);
    if (!call) return output_failed(values.json, -ENOMEM, "out of memory");
    call->values = &values;
    call->request.method = method;
    call->request.url = url;
    code = run_call(call);
    http_credentials_wipe(&call->credentials);
    free(call->answer.heads);
    free(call);
    return code;
}

const struct command command_http = {
    .path = "http",
    .arguments = "[METHOD] URL",
    .arguments_min = 1,
    .arguments_max = 2,
    .summary = "Send one HTTP request and write the answer's body",
    .details =
        "METHOD is GET, or POST where a body is given. Any answer is a success, whatever its "
        "status, unless --fail is given. The proxy of http_proxy, https_proxy, all_proxy and "
        "no_proxy is used where --proxy is not given. A file is received under a temporary "
        "name beside FILE, which it replaces when it is complete.",
    .examples = "headrace http https://example.org/\n"
                "headrace http --json --output page.html --location https://example.org/\n"
                "headrace http PUT https://example.org/x --body-file - < x\n",
    .values_size = sizeof(struct http_values),
    .groups = {{"Options", table, 0},
               {"TLS", tls_table, VALUE(tls)},
               {"Network", network_table, VALUE(network)},
               {"Engine", engine_table, VALUE(engine)}},
    .run = run,
};
