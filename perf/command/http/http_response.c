/* The response to `headrace http`: its heads are kept, its body goes to standard output or a file.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http_call.h"

#define BINARY_LOOK 2000 /* as far as curl looks for a zero byte */

static int on_head(struct hr_http_request *request, const struct hr_http_head *head) {
    struct http_call *call = (struct http_call *)request;
    struct http_response *response = &call->response;
    response->status = head->status;
    response->http10 = head->minor_version == 0;
    response->part.position = response->part.begin;
    response->withheld = response->output.dropped || (response->output.fail && head->status >= 400);
    atomic_store(&response->content_bytes, head->has_content_length ? head->content_length : 0);
    if (call->values->report.verbose) http_verbose_head(head);
    int err = http_heads_add(&response->heads, head);
    if (err) return err;
    return response->heads.complete && response->part.resuming
               ? http_resume_head(&response->part, head)
               : 0;
}

static void on_trailers(struct hr_http_request *request, const struct hr_http_field *fields,
                        size_t count) {
    (void)request;
    http_verbose_trailers(fields, count);
}

static void on_attempt(struct hr_http_request *request, const struct hr_http_attempt *attempt) {
    struct http_call *call = (struct http_call *)request;
    call->totals.sent_head_bytes += attempt->head.size;
    call->totals.connects += !request->connection.reused;
    if (call->values->report.verbose) http_verbose_attempt(call, attempt);
}

/* Hands the heads to the stream, where it has room. */
static bool write_heads(struct http_response *response) {
    const struct http_output *output = &response->output;
    if (!output->include || !response->heads.complete || !output->standard) return true;
    struct hr_sink sink = stream_sink(response->stream);
    return http_heads_write(&response->heads, &sink);
}

static ssize_t consume(void *user, const void *data, size_t size) {
    struct http_response *response = user;
    if (response->withheld) return (ssize_t)size;
    if (!response->begun) {
        size_t look = size < BINARY_LOOK ? size : BINARY_LOOK;
        bool terminal =
            response->output.standard && !response->output.forced && isatty(STDOUT_FILENO);
        response->binary = terminal && memchr(data, 0, look);
        if (response->binary) return -ECANCELED;
    }
    response->begun = true;
    if (!write_heads(response)) return 0;
    struct hr_sink sink = stream_sink(response->stream);
    return sink.consume(sink.user, data, size);
}

static int open_stream(struct http_call *call, int fd) {
    int err = stream_open(fd, &call->request.request, &call->response.stream);
    if (err)
        return output_failed(call->values->report.json, err, "cannot start a thread: %s",
                             hr_error_text(err));
    call->request.sink = hr_sink_consumer(consume, &call->response);
    return EXIT_DONE;
}

/* The path that --remote-name stands for: the name is taken as the URL has it, nothing decoded. */
static int remote_path(struct http_call *call, struct hr_slice name) {
    struct http_response *response = &call->response;
    if (!name.size || hr_slice_equal(name, hr_slice_of(".")) ||
        hr_slice_equal(name, hr_slice_of("..")))
        return output_usage(
            "http", "--remote-name: the URL's path ends in no file name, give --output FILE");
    bool dash = hr_slice_equal(name, hr_slice_of("-"));
    snprintf(response->output.made, sizeof response->output.made, "%s%.*s", dash ? "./" : "",
             (int)name.size, name.data);
    response->output.path = response->output.made;
    return EXIT_DONE;
}

/* Which output this URL has: its own by order, standard output where there is none. */
static int choose_path(struct http_call *call, struct hr_slice name) {
    const struct http_values *values = call->values;
    const struct option_list *list = &values->output.files;
    struct http_response *response = &call->response;
    bool given = call->urls.index < list->count;
    bool remote =
        given ? list->tags[call->urls.index] == HTTP_OUTPUT_REMOTE : values->output.remote_name_all;
    response->output.forced = given;
    response->output.path = values->report.json ? NULL : "-";
    response->output.remote = remote;
    if (remote) {
        int code = remote_path(call, name);
        if (code) return code;
    } else if (given) {
        response->output.path = list->items[call->urls.index];
    }
    bool named = response->output.path && strcmp(response->output.path, "-") != 0;
    if (!values->output.folder || !named) return EXIT_DONE;
    char path[LOCAL_PATH_SIZE];
    int size = snprintf(path, sizeof path, "%s/%s", values->output.folder, response->output.path);
    if (size < 0 || (size_t)size >= sizeof path)
        return output_usage("http", "--output-dir: it is too long");
    memcpy(response->output.made, path, (size_t)size + 1);
    response->output.path = response->output.made;
    return EXIT_DONE;
}

static int open_target(struct http_call *call, struct hr_slice last) {
    struct http_response *response = &call->response;
    char name[LOCAL_PATH_SIZE];
    snprintf(name, sizeof name, "%.*s", (int)last.size, last.data);
    int code = http_target_open(call, response->output.remote ? "" : name);
    if (code) return code;
    if (response->target.direct) return open_stream(call, response->target.fd);
    if (!call->values->output.continue_at) call->request.sink = hr_sink_fd(response->target.fd, 0);
    return EXIT_DONE;
}

int http_response_open(struct http_call *call) {
    const struct http_values *values = call->values;
    struct http_response *response = &call->response;
    struct hr_slice name = http_url_last_name(call->request.url);
    response->target.fd = -1;
    response->output.fail = values->policy.fail;
    bool head = strcmp(call->request.method, "HEAD") == 0;
    response->output.dropped = values->request.head && !head;
    response->output.include =
        !values->report.json && (values->output.include || values->request.head || head);
    if (http_heads_open(&response->heads) != 0)
        return output_failed(values->report.json, -ENOMEM, "out of memory");
    call->request.on_head = on_head;
    call->request.on_attempt = on_attempt;
    call->request.on_trailers = values->report.verbose ? on_trailers : NULL;
    int code = choose_path(call, name);
    if (code) return code;
    response->output.standard = response->output.path && strcmp(response->output.path, "-") == 0;
    if (response->output.standard)
        code = open_stream(call, STDOUT_FILENO);
    else if (response->output.path)
        code = open_target(call, name);
    return !code && values->output.continue_at ? http_resume_open(call) : code;
}

static int close_stream(struct http_response *response, int result, struct hr_error *error) {
    if (!response->stream) return result;
    /* A response without a body: nothing has been taken from the ring yet, so they fit. */
    if (!result) write_heads(response);
    int err = stream_close(response->stream, result != 0);
    response->stream = NULL;
    if (err) return hr_error_set(error, err, "cannot write the output: %s", hr_error_text(err));
    if (response->binary)
        return hr_error_set(error, result,
                            "the body is binary and standard output a terminal: --output FILE "
                            "keeps it, --output - shows it all the same");
    return result;
}

int http_response_close(struct http_call *call, int result, struct hr_error *error) {
    struct http_response *response = &call->response;
    if (response->part.resuming) result = http_resume_end(call, result, error);
    result = close_stream(response, result, error);
    if (response->target.fd >= 0) {
        int err = target_close(&response->target, result == 0 && !response->withheld,
                               call->request.decoded_bytes);
        if (!result && err)
            result = hr_error_set(error, err, "cannot write %s: %s", response->target.path,
                                  hr_error_text(err));
        bool apart =
            response->output.include && response->heads.complete && !response->output.standard;
        if (!result && apart) http_heads_print(&response->heads); /* the body has a file */
    }
    return result;
}
