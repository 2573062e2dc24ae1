/* The answer of `headrace http`: its heads are kept, its body goes to standard output or a file. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http_call.h"

#define HEADS_MAX   (512u << 10) /* of all interim answers and the final one */
#define LINE_END    2
#define BINARY_LOOK 2000 /* as far as curl looks for a zero byte */

static bool put(struct http_answer *answer, struct hr_slice text) {
    if (answer->heads_size + text.size > HEADS_MAX) return false;
    if (text.size) memcpy(answer->heads + answer->heads_size, text.data, text.size);
    answer->heads_size += text.size;
    return true;
}

static bool put_line(struct http_answer *answer, struct hr_slice name, const char *between,
                     struct hr_slice value) {
    return put(answer, name) && put(answer, hr_slice_of(between)) && put(answer, value) &&
           put(answer, hr_slice_of("\r\n"));
}

/* A final head behind a final head is that of the next attempt: the first one led to nothing. */
static int on_head(struct hr_http_request *request, const struct hr_http_head *head) {
    struct http_call *call = (struct http_call *)request;
    struct http_answer *answer = &call->answer;
    char line[32];
    if (answer->complete) answer->heads_size = 0;
    answer->final_at = answer->heads_size;
    answer->complete = head->status >= 200;
    answer->status = head->status;
    answer->http10 = head->minor_version == 0;
    answer->position = answer->begin;
    answer->withheld = answer->dropped || (answer->fail && head->status >= 400);
    atomic_store(&answer->content_bytes, head->has_content_length ? head->content_length : 0);
    if (call->values->verbose) http_verbose_head(head);
    snprintf(line, sizeof line, "HTTP/1.%u %d", head->minor_version, head->status);
    bool fits = put_line(answer, hr_slice_of(line), " ", head->reason);
    for (size_t i = 0; fits && i < head->field_count; i++)
        fits = put_line(answer, head->fields[i].name, ": ", head->fields[i].value);
    if (!answer->complete) fits = fits && put(answer, hr_slice_of("\r\n"));
    if (!fits) return HR_ERR_HTTP_HEAD_TOO_LARGE;
    return answer->complete && answer->resuming ? http_resume_head(answer, head) : 0;
}

static void on_trailers(struct hr_http_request *request, const struct hr_http_field *fields,
                        size_t count) {
    (void)request;
    http_verbose_trailers(fields, count);
}

static void on_attempt(struct hr_http_request *request, const struct hr_http_attempt *attempt) {
    struct http_call *call = (struct http_call *)request;
    call->sent_head_bytes += attempt->head.size;
    call->connects += !request->reused;
    if (call->values->verbose) http_verbose_attempt(call, attempt);
}

struct hr_slice http_answer_field(const struct http_answer *answer, const char *name) {
    const char *at = answer->heads + answer->final_at, *end = answer->heads + answer->heads_size;
    while (answer->complete && at < end) {
        const char *stop = memchr(at, '\r', (size_t)(end - at));
        const char *colon = stop ? memchr(at, ':', (size_t)(stop - at)) : NULL;
        if (!stop || stop == at) break;
        if (colon &&
            hr_slice_equal_nocase(hr_slice_bytes(at, (size_t)(colon - at)), hr_slice_of(name)))
            return hr_slice_bytes(colon + 2, (size_t)(stop - colon - 2));
        at = stop + LINE_END;
    }
    return (struct hr_slice){.data = NULL};
}

/* Hands the heads to the stream, where it has room. */
static bool write_heads(struct http_answer *answer) {
    if (!answer->include || !answer->complete || !answer->standard) return true;
    if (answer->heads_written == 0) put(answer, hr_slice_of("\r\n"));
    struct hr_sink sink = stream_sink(answer->stream);
    ssize_t done = sink.consume(sink.user, answer->heads + answer->heads_written,
                                answer->heads_size - answer->heads_written);
    if (done > 0) answer->heads_written += (size_t)done;
    return answer->heads_written == answer->heads_size;
}

static ssize_t consume(void *user, const void *data, size_t size) {
    struct http_answer *answer = user;
    if (answer->withheld) return (ssize_t)size;
    if (!answer->begun) {
        size_t look = size < BINARY_LOOK ? size : BINARY_LOOK;
        bool terminal = answer->standard && !answer->forced && isatty(STDOUT_FILENO);
        answer->binary = terminal && memchr(data, 0, look);
        if (answer->binary) return -ECANCELED;
    }
    answer->begun = true;
    if (!write_heads(answer)) return 0;
    struct hr_sink sink = stream_sink(answer->stream);
    return sink.consume(sink.user, data, size);
}

static int open_stream(struct http_call *call, int fd) {
    int err = stream_open(fd, &call->request.request, &call->answer.stream);
    if (err)
        return output_failed(call->values->json, err, "cannot start a thread: %s",
                             hr_error_text(err));
    call->request.sink = hr_sink_consumer(consume, &call->answer);
    return EXIT_DONE;
}

static int wrong(const char *what, const char *why) {
    output_complain("http: %.200s %s. See 'headrace http --help'.", what, why);
    return EXIT_USAGE;
}

/* The path that --remote-name stands for: the name is taken as the URL has it, nothing decoded. */
static int remote_path(struct http_call *call, struct hr_slice name) {
    struct http_answer *answer = &call->answer;
    if (!name.size || hr_slice_equal(name, hr_slice_of(".")) ||
        hr_slice_equal(name, hr_slice_of("..")))
        return wrong("--remote-name:", "the URL's path ends in no file name, give --output FILE");
    bool dash = hr_slice_equal(name, hr_slice_of("-"));
    snprintf(answer->output, sizeof answer->output, "%s%.*s", dash ? "./" : "", (int)name.size,
             name.data);
    answer->path = answer->output;
    return EXIT_DONE;
}

/* Which output this URL has: its own by order, standard output where there is none. */
static int choose_path(struct http_call *call, struct hr_slice name) {
    const struct http_values *values = call->values;
    const struct option_list *list = &values->outputs;
    struct http_answer *answer = &call->answer;
    bool given = call->url_index < list->count;
    bool remote =
        given ? list->tags[call->url_index] == HTTP_OUTPUT_REMOTE : values->remote_name_all;
    answer->forced = given;
    answer->path = values->json ? NULL : "-";
    answer->remote = remote;
    if (remote) {
        int code = remote_path(call, name);
        if (code) return code;
    } else if (given) {
        answer->path = list->items[call->url_index];
    }
    bool named = answer->path && strcmp(answer->path, "-") != 0;
    if (!values->output_dir || !named) return EXIT_DONE;
    char path[LOCAL_PATH_SIZE];
    int size = snprintf(path, sizeof path, "%s/%s", values->output_dir, answer->path);
    if (size < 0 || (size_t)size >= sizeof path) return wrong("--output-dir:", "it is too long");
    memcpy(answer->output, path, (size_t)size + 1);
    answer->path = answer->output;
    return EXIT_DONE;
}

static int open_target(struct http_call *call, struct hr_slice last) {
    struct http_answer *answer = &call->answer;
    char name[LOCAL_PATH_SIZE];
    snprintf(name, sizeof name, "%.*s", (int)last.size, last.data);
    int code = http_target_open(call, answer->remote ? "" : name);
    if (code) return code;
    if (answer->target.direct) return open_stream(call, answer->target.fd);
    if (!call->values->continue_at) call->request.sink = hr_sink_fd(answer->target.fd, 0);
    return EXIT_DONE;
}

int http_answer_open(struct http_call *call) {
    const struct http_values *values = call->values;
    struct http_answer *answer = &call->answer;
    struct hr_slice name = http_url_last_name(call->request.url);
    answer->target.fd = -1;
    answer->fail = values->fail;
    bool head = strcmp(call->request.method, "HEAD") == 0;
    answer->dropped = values->head && !head;
    answer->include = !values->json && (values->include || values->head || head);
    answer->heads = malloc(HEADS_MAX + LINE_END);
    if (!answer->heads) return output_failed(values->json, -ENOMEM, "out of memory");
    call->request.on_head = on_head;
    call->request.on_attempt = on_attempt;
    call->request.on_trailers = values->verbose ? on_trailers : NULL;
    int code = choose_path(call, name);
    if (code) return code;
    answer->standard = answer->path && strcmp(answer->path, "-") == 0;
    if (answer->standard)
        code = open_stream(call, STDOUT_FILENO);
    else if (answer->path)
        code = open_target(call, name);
    return !code && values->continue_at ? http_resume_open(call) : code;
}

static int close_stream(struct http_answer *answer, int result, struct hr_error *error) {
    if (!answer->stream) return result;
    /* An answer without a body: nothing has been taken from the ring yet, so they fit. */
    if (!result) write_heads(answer);
    int err = stream_close(answer->stream, result != 0);
    answer->stream = NULL;
    if (err) return hr_error_set(error, err, "cannot write the output: %s", hr_error_text(err));
    if (answer->binary)
        return hr_error_set(error, result,
                            "the body is binary and standard output a terminal: --output FILE "
                            "keeps it, --output - shows it all the same");
    return result;
}

/* With a file the heads go to standard output. */
static void print_heads(const struct http_answer *answer) {
    for (const char *at = answer->heads, *end = at + answer->heads_size; at < end;) {
        const char *stop = memchr(at, '\r', (size_t)(end - at));
        output_bytes(hr_slice_bytes(at, (size_t)(stop - at)));
        putchar('\n');
        at = stop + LINE_END;
    }
}

int http_answer_close(struct http_call *call, int result, struct hr_error *error) {
    struct http_answer *answer = &call->answer;
    if (answer->resuming) result = http_resume_end(call, result, error);
    result = close_stream(answer, result, error);
    if (answer->target.fd >= 0) {
        int err = target_close(&answer->target, result == 0 && !answer->withheld,
                               call->request.decoded_bytes);
        if (!result && err)
            result = hr_error_set(error, err, "cannot write %s: %s", answer->target.path,
                                  hr_error_text(err));
        bool apart = answer->include && answer->complete && !answer->standard;
        if (!result && apart) print_heads(answer);
    }
    return result;
}
