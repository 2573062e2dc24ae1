/* headrace http: requests, one after the other over one client. */
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/clock.h>

#include "commands.h"
#include "http_call.h"
#include "shown.h"

#define REDIRECTS_STANDARD 20
#define PROGRESS_AFTER_NS  1000000000u
#define RETRY_BUDGET       1000 /* percent: --retry alone says how often */

static bool writes_to_standard(const struct option_list *outputs) {
    for (size_t i = 0; i < outputs->count; i++)
        if (outputs->tags[i] == HTTP_OUTPUT_FILE && strcmp(outputs->items[i], "-") == 0)
            return true;
    return false;
}

/* Options that contradict each other or the method. */
static int check_values(const struct http_values *values) {
    if (values->body.text && (values->body.file || values->body.data.count))
        return output_usage("http", "--body and --%s exclude each other",
                            values->body.file ? "body-file" : "data");
    if (values->report.json && writes_to_standard(&values->output.files)) {
        output_json_reported(); /* what standard output is for is not clear */
        return output_usage("http", "--json and --output - would both write to standard output");
    }
    if (values->request.range && values->output.continue_at)
        return output_usage("http", "--range and --continue-at exclude each other");
    if (!values->output.continue_at) return EXIT_DONE;
    if (values->body.uploads.count || values->body.forms.count || values->body.file ||
        values->body.text || (values->body.data.count && !values->body.get))
        return output_usage("http",
                            "--continue-at is for downloads: an upload cannot be continued");
    return values->output.decode
               ? output_usage("http", "--continue-at and --decode exclude each other")
               : EXIT_DONE;
}

/* --write-out @FILE, without its line ends as curl reads it. */
static int read_format(struct http_call *call) {
    const char *text = call->values->report.write_out;
    if (!text) return EXIT_DONE;
    int err = *text == '@' ? byte_buffer_add_file(&call->format, text + 1)
                           : byte_buffer_add_text(&call->format, text);
    if (*text == '@') http_data_strip(&call->format, 0);
    if (!err) err = byte_buffer_add_text(&call->format, "");
    if (!err) return EXIT_DONE;
    output_complain("http: --write-out: cannot read %s: %s", text + 1, hr_error_text(err));
    return EXIT_FAILED;
}

/* Reads everything that is read before the first request, standard input too, while signals still
 * end the command. */
static int read_all(const struct command_call *arguments, struct http_call *call) {
    int code = check_values(call->values);
    if (!code) code = http_url_arguments(arguments, call);
    if (!code) code = http_fields_read(call);
    if (!code) code = http_data_join(call);
    if (!code) code = http_form_open(call);
    if (!code) code = http_fields_add(call);
    if (!code) code = read_format(call);
    /* A URL that cannot be is told before the first one is asked. */
    for (size_t i = 0; i < call->urls.count && !code; i++) code = http_url_make(call, i);
    return code;
}

static void fill_request(struct http_call *call) {
    const struct http_values *values = call->values;
    struct hr_http_request *request = &call->request;
    request->method = http_url_method(call);
    request->url = call->urls.made.data;
    request->fields = call->fields.list;
    request->field_count = call->fields.count;
    request->decode = values->output.decode;
    if (values->policy.idempotent) request->repeat = HR_HTTP_REPEAT_ALLOWED;
    request->redirects.final_url = call->urls.final;
    request->redirects.final_url_size = sizeof call->urls.final;
    if (call->credentials.auth.user || call->credentials.auth.bearer)
        request->auth = &call->credentials.auth;
    session_prepare(&call->session, &request->request);
    request->request.timeout_ms =
        values->policy.timeout_ms ? (uint32_t)values->policy.timeout_ms : HR_NO_TIMEOUT;
    request->request.attempt_log = call->attempts;
    request->request.attempt_log_size = HTTP_ATTEMPTS_LOGGED;
}

static uint64_t redirects_of(const struct http_values *values) {
    if (values->policy.redirects || !values->policy.location) return values->policy.redirects;
    return option_given("max-redirs") ? values->policy.redirects_limit : REDIRECTS_STANDARD;
}

/* Whether a redirect came where none may be followed, though they are to be. */
static bool is_redirect_too_many(const struct http_call *call) {
    const struct http_values *values = call->values;
    return values->policy.location && !redirects_of(values) && call->response.status / 100 == 3 &&
           http_heads_field(&call->response.heads, "Location").data;
}

static int make_client(struct http_call *call) {
    const struct http_values *values = call->values;
    bool nameless = http_field_is_removed(call, "User-Agent") ||
                    (values->request.user_agent && !*values->request.user_agent);
    struct hr_http_client_options options = {
        .timeout_ms = HR_NO_TIMEOUT,
        .redirects.max = (uint32_t)redirects_of(values),
        .user_agent = nameless ? "" : NULL,
        .proxy.from_environment = true,
        .retry.attempts_max =
            values->policy.retry ? (uint32_t)values->policy.retry + 1 : HR_NO_RETRY,
        .retry.extra_stale_retry = true, /* as curl and browsers do */
        .retry.budget_percent = RETRY_BUDGET,
        .no_breaker = true, /* one request: --retry alone says how often */
    };
    int code = tls_values_fill(&values->tls, &options.tls);
    if (code) return code;
    network_values_fill(&values->network, &call->resolve, &options);
    struct hr_error error = {0};
    int err = hr_http_client_new(call->session.on.engine, &options, &error, &call->client);
    if (!err) return EXIT_DONE;
    return output_error_as(err == -ENOMEM || err == -ESHUTDOWN ? EXIT_FAILED : EXIT_USAGE, &error,
                           values->report.json, "cannot make a client");
}

/* The bytes moved, where that takes long and nobody sees the body itself. */
struct meter {
    struct http_call *call;
    struct output_progress progress;
    struct hr_engine_metrics before; /* of the URLs before */
};

static void show_progress(void *user) {
    struct meter *meter = user;
    struct http_call *call = meter->call;
    struct hr_engine_metrics metrics;
    if (call->values->report.silent || call->values->report.no_meter) return;
    if (hr_clock_monotonic_ns() - meter->progress.started_ns < PROGRESS_AFTER_NS) return;
    if (call->response.stream && isatty(STDOUT_FILENO)) return;
    hr_engine_metrics_get(call->session.on.engine, &metrics);
    uint64_t sent = metrics.bytes_sent - meter->before.bytes_sent;
    uint64_t received = metrics.bytes_received - meter->before.bytes_received;
    uint64_t size = call->request.body.kind == HR_SOURCE_NONE ? 0 : call->request.body.size;
    if (sent > received)
        output_progress_bytes(&meter->progress, "sent", sent, size == HR_SIZE_UNKNOWN ? 0 : size);
    else
        output_progress_bytes(&meter->progress, "received", received,
                              atomic_load(&call->response.content_bytes));
}

/* Wrong usage is only where nothing was answered: a redirect may lead to a URL that cannot be. */
static enum exit_code class_of(const struct http_call *call, int result) {
    return call->request.status == 0 ? output_class(result) : EXIT_FAILED;
}

/* The exit code of one URL, once its output is complete. */
static int end(struct http_call *call, int result, struct hr_error *error) {
    struct session *session = &call->session;
    const struct http_values *values = call->values;
    if (!result && is_redirect_too_many(call))
        result =
            hr_error_set(error, HR_ERR_REDIRECT_LIMIT, "a redirect came, and --max-redirs is 0");
    bool checked =
        (values->policy.fail || values->policy.fail_with_body) && !call->response.part.had_all;
    bool refused = !result && checked && call->response.status >= 400;
    enum exit_code class = class_of(call, result);
    if (refused) {
        hr_error_set(error, HR_ERR_HTTP_UNEXPECTED, "answered with status %d",
                     call->response.status);
        error->http_status = call->response.status;
        class = EXIT_FAILED;
    }
    if (values->report.json) http_report_json(call, error, class);
    session->json = false; /* the one object is out */
    if (refused) {
        output_complain("%s: %s", shown_url(call->request.url), error->message);
        return EXIT_FAILED;
    }
    int code = session_end(session, result, error, "%s", shown_url(call->request.url));
    return code == EXIT_USAGE ? (int)class : code;
}

/* Asks once: EXIT_DONE and the result, or the exit code where nothing could be asked. */
static int transfer(struct http_call *call, int *result, struct hr_error *error) {
    struct meter meter = {.call = call};
    int code = http_body_open(call);
    if (!code) code = http_response_open(call);
    if (code) {
        http_response_close(call, -ECANCELED, error);
        http_body_close(&call->body);
        return code;
    }
    hr_engine_metrics_get(call->session.on.engine, &meter.before);
    output_progress_begin(&meter.progress);
    int started = hr_http_request_start(call->client, &call->request);
    *result =
        session_wait(&call->session, &call->request.request, started, show_progress, &meter, error);
    output_progress_end(&meter.progress);
    int err = http_body_close(&call->body);
    if (*result && err)
        *result = hr_error_set(error, err, "cannot read the body: %s", hr_error_text(err));
    *result = http_response_close(call, *result, error);
    return EXIT_DONE;
}

static void begin(struct http_call *call) {
    http_heads_close(&call->response.heads);
    call->request = (struct hr_http_request){.method = NULL};
    call->response = (struct http_response){.target.fd = -1};
    call->urls.final[0] = '\0';
    fill_request(call);
}

/* A body that is continued and breaks off is continued again, as often as --retry says. What stdout
 * holds goes out before the next body, which is written past it. */
static int ask(struct http_call *call, size_t index) {
    struct hr_error error = {0};
    int result = 0, code = http_url_make(call, index);
    call->totals = (struct http_totals){0};
    call->resume.count = 0;
    call->urls.index = index;
    call->session.json = call->values->report.json;
    if (code) return code;
    do {
        error = (struct hr_error){.code = 0};
        begin(call);
        code = transfer(call, &result, &error);
    } while (!code && http_resume_again(call, result, &error));
    if (!code) code = end(call, result, &error);
    if (call->values->report.write_out) http_write_out(call, code, &error);
    fflush(stdout);
    http_heads_close(&call->response.heads);
    return code;
}

static int ask_all(struct http_call *call) {
    int worst = EXIT_DONE;
    for (size_t i = 0; i < call->urls.count && !call->session.signal; i++) {
        int code = ask(call, i);
        if (code > worst) worst = code;
        if (code && call->values->policy.fail_early) break;
    }
    return worst;
}

static int run_call(struct http_call *call) {
    const struct http_values *values = call->values;
    int code = http_credentials_read(values, &call->credentials);
    if (!code) code = session_open_engine(&call->session, &values->engine, 1, values->report.json);
    if (code) return code;
    code = make_client(call);
    if (!code) {
        code = ask_all(call);
        hr_http_client_close(call->client, session_client_closed, &call->session);
        session_wait_closed(&call->session);
    }
    session_close(&call->session);
    return code;
}

static int run(const struct command_call *arguments) {
    const struct http_values *values = arguments->values;
    struct http_call *call = calloc(1, sizeof *call);
    if (!call) return output_failed(values->report.json, -ENOMEM, "out of memory");
    call->values = values;
    int code = read_all(arguments, call);
    if (values->report.silent && !values->report.show_error) output_silence();
    if (!code) code = run_call(call);
    http_credentials_wipe(&call->credentials);
    http_form_close(call);
    byte_buffer_free(&call->urls.made);
    byte_buffer_free(&call->data.text);
    byte_buffer_free(&call->fields.cookies);
    byte_buffer_free(&call->fields.text);
    byte_buffer_free(&call->format);
    free(call);
    return code;
}

const struct command command_http = {
    .path = "http",
    .arguments = "[METHOD] URL...",
    .arguments_max = OPTION_ARGUMENT_MAX,
    .summary = "Send HTTP requests and write the bodies of the responses",
    .details =
        "METHOD is GET, POST where there is data, PUT with --upload-file. A URL without a scheme "
        "is http://. Any response is a success, whatever its status, unless --fail is given. "
        "The proxy of http_proxy, https_proxy, all_proxy and no_proxy is used where --proxy is "
        "not given. A plain file is received under a temporary name beside FILE, which it "
        "replaces when it is complete; links are followed, pipes and devices written as they are. "
        "Several URLs are asked one after the other; the exit code is the worst.",
    .examples =
        "headrace http https://example.org/\n"
        "headrace http -fsSL -o page.html https://example.org/\n"
        "headrace http -C - -O https://example.org/large.iso\n"
        "headrace http -d name=value --data-urlencode 'text=a b' http://localhost:8080/form\n"
        "headrace http -F note=hello -F photo=@cat.jpg http://localhost:8080/upload\n"
        "headrace http put localhost:8080/x --json-body '{\"a\": 1}'\n"
        "headrace http -s -o /dev/null -w '%{http_code} %{time_total}\\n' https://example.org/\n",
    .values_size = sizeof(struct http_values),
    .groups = {{"Request", http_table, 0},
               {"Body", http_body_table, 0},
               {"Output", http_output_table, 0},
               {"TLS", tls_table, offsetof(struct http_values, tls)},
               NETWORK_GROUPS(offsetof(struct http_values, network)),
               {"Engine", engine_table, offsetof(struct http_values, engine)}},
    .foreign = curl_option_sentence,
    .run = run,
};
