/* The answer of `headrace http`: its heads are kept, its body goes to standard output or a file. */
#include <errno.h>
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
    struct http_answer *answer = &((struct http_call *)request)->answer;
    char line[32];
    if (answer->complete) answer->heads_size = 0;
    answer->final_at = answer->heads_size;
    answer->complete = head->status >= 200;
    answer->status = head->status;
    answer->withheld = answer->fail && head->status >= 400;
    snprintf(line, sizeof line, "HTTP/1.%u %d", head->minor_version, head->status);
    bool fits = put_line(answer, hr_slice_of(line), " ", head->reason);
    for (size_t i = 0; fits && i < head->field_count; i++)
        fits = put_line(answer, head->fields[i].name, ": ", head->fields[i].value);
    if (!answer->complete) fits = fits && put(answer, hr_slice_of("\r\n"));
    return fits ? 0 : HR_ERR_HTTP_HEAD_TOO_LARGE;
}

/* Hands the heads to the stream, where it has room. */
static bool write_heads(struct http_answer *answer) {
    if (!answer->include || !answer->complete) return true;
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
        bool terminal = strcmp(answer->path, "-") == 0 && !answer->forced && isatty(STDOUT_FILENO);
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

static const char *last_name(const char *url) {
    size_t size = strcspn(url, "?#");
    while (size && url[size - 1] != '/') size--;
    return url + size;
}

int http_answer_open(struct http_call *call) {
    const struct http_values *values = call->values;
    struct http_answer *answer = &call->answer;
    answer->target.fd = -1;
    answer->fail = values->fail;
    answer->include = values->include && !values->json;
    answer->forced = values->output != NULL;
    answer->path = values->output ? values->output : values->json ? NULL : "-";
    answer->heads = malloc(HEADS_MAX + LINE_END);
    if (!answer->heads) return output_failed(values->json, -ENOMEM, "out of memory");
    call->request.on_head = on_head;
    if (!answer->path) return EXIT_DONE;
    if (strcmp(answer->path, "-") == 0) return open_stream(call, STDOUT_FILENO);
    char name[LOCAL_PATH_SIZE];
    const char *last = last_name(call->request.url);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(last, "?#"), last);
    int code = local_target_open(answer->path, name, values->json, &answer->target);
    if (code) return code;
    if (answer->target.direct) return open_stream(call, answer->target.fd);
    call->request.sink = hr_sink_fd(answer->target.fd, 0);
    return EXIT_DONE;
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
    result = close_stream(answer, result, error);
    if (answer->target.fd >= 0) {
        int err = local_target_close(&answer->target, result == 0 && !answer->withheld);
        if (!result && err)
            result = hr_error_set(error, err, "cannot write %s: %s", answer->target.path,
                                  hr_error_text(err));
        if (!result && answer->include && answer->complete) print_heads(answer);
    }
    return result;
}
