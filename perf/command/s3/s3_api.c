/* headrace s3 api: any request to a store, signed. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "byte_buffer.h"
#include "commands.h"
#include "json_put.h"
#include "output_stream.h"
#include "s3_api_words.h"
#include "s3_foreign.h"
#include "shown.h"
#include "target.h"
#include "target_path.h"

#define DOCUMENT_MAX (1u << 20) /* of a body that may be an <Error>: the client's limit */

struct values {
    struct connection_options connection;
    struct option_list query, headers;
    const char *body, *output;
    bool json;
};

#define VALUE(field) offsetof(struct values, field)
static const struct option table[] = {
    {"query", "NAME[=VALUE]", OPTION_LIST, VALUE(query), .check = s3_api_query_check,
     .of_call = true, .help = "A parameter of the query, not encoded; may be repeated"},
    {"header", "LINE", OPTION_LIST, VALUE(headers), .check = s3_api_header_check, .of_call = true,
     .help = "A header field, 'Name: value', signed with the rest; may be repeated",
     .short_name = 'H'},
    {"body", "FILE", OPTION_STRING, VALUE(body), .of_call = true,
     .help = "The body to send, a file, or - for standard input"},
    {"output", "FILE", OPTION_STRING, VALUE(output), .of_call = true, .short_name = 'o',
     .help = "Where the body of a good response goes (default: standard output)"},
    {"json", NULL, OPTION_FLAG, VALUE(json),
     .help = "Print one JSON object; the body is dropped unless --output names a file"},
    {.name = NULL}};

/* One request and its two ends. */
struct call {
    const struct values *values;
    struct session *session;
    const char *path; /* as it was given */
    struct s3_api_words words;
    struct hr_s3_request request; /* by which on_head finds the rest */
    struct local_source source;
    struct local_target target;
    struct hr_buffer document; /* of a response that may be an <Error> */
    struct byte_buffer head;   /* of the response: "name: value" lines */
    bool to_file;
};

/* On the reactor. */
static int on_head(struct hr_s3_request *request, const struct hr_http_head *head) {
    struct call *call = (void *)((char *)request - offsetof(struct call, request));
    int err = 0;
    call->head.size = 0; /* another attempt begins anew */
    for (size_t i = 0; i < head->field_count && !err; i++) {
        err = byte_buffer_add(&call->head, head->fields[i].name);
        if (!err) err = byte_buffer_add_text(&call->head, ": ");
        if (!err) err = byte_buffer_add(&call->head, head->fields[i].value);
        if (!err) err = byte_buffer_add_text(&call->head, "\n");
    }
    return err;
}

/* ---- The ends. */

static int open_body(struct call *call) {
    call->source.fd = -1;
    if (!call->values->body) return EXIT_DONE;
    const struct local_source_limits limits = {PUT_BYTES_MAX, PUT_BYTES_MAX};
    int code = local_source_open(call->values->body, limits, call->session, &call->source);
    if (code) return code;
    call->request.body =
        hr_source_fd(call->source.fd, (struct hr_file_range){.offset = call->source.offset,
                                                             .size = call->source.size});
    return EXIT_DONE;
}

/* Standard output is no file, and needs no opening. */
static int open_output(struct call *call) {
    const char *path = call->values->output, *key = call->words.place.key;
    call->target = (struct local_target){.fd = -1, .direct = true, .is_standard = true};
    if (!path || strcmp(path, "-") == 0) return EXIT_DONE;
    const struct target_options options = {
        .path = path, .name = key + target_path_folder(key), .make_folders = true};
    int code = target_open(&options, call->session, &call->target);
    call->to_file = code == EXIT_DONE;
    return code;
}

/* A response to these may be a failure although its status is good, as S3 sends white space for
 * minutes first. A select answers with events. */
static bool may_hide_error(const struct s3_api_words *words) {
    if (strcmp(words->method, "PUT") != 0 && strcmp(words->method, "POST") != 0) return false;
    for (size_t i = 0; i < words->query_count; i++)
        if (hr_slice_equal(words->query[i].name, hr_slice_of("select"))) return false;
    return true;
}

/* ---- The request. */

static int ask(struct call *call, struct hr_error *error) {
    session_prepare(call->session, &call->request.request);
    int started = hr_s3_request_start(call->session->client, &call->request);
    return session_wait(call->session, &call->request.request, started, NULL, NULL, error);
}

static int write_all(int fd, const char *data, size_t size) {
    while (size > 0) {
        ssize_t count = write(fd, data, size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -errno;
        data += count;
        size -= (size_t)count;
    }
    return 0;
}

static int cannot_write(struct hr_error *error, int err) {
    return hr_error_set(error, err, "cannot write the output: %s", hr_error_text(err));
}

/* Kept first, written then. */
static int ask_document(struct call *call, int fd, struct hr_error *error) {
    call->request.error_in_body = true;
    call->request.sink = hr_sink_buffer(&call->document, DOCUMENT_MAX);
    int result = ask(call, error);
    if (result || fd < 0) return result;
    int err = write_all(fd, call->document.data, call->document.size);
    return err ? cannot_write(error, err) : 0;
}

/* To a pipe, a device or a terminal: through a thread. */
static int ask_stream(struct call *call, int fd, struct hr_error *error) {
    stream *pipe;
    int err = stream_open(fd, &call->request.request, &pipe);
    if (err) return hr_error_set(error, err, "cannot start a thread: %s", hr_error_text(err));
    call->request.sink = stream_sink(pipe);
    int result = ask(call, error);
    err = stream_close(pipe, result != 0);
    return !result && err ? cannot_write(error, err) : result;
}

static int ask_to_output(struct call *call, struct hr_error *error) {
    bool dropped = call->values->json && !call->to_file;
    int fd = dropped ? -1 : call->target.fd >= 0 ? call->target.fd : STDOUT_FILENO;
    if (may_hide_error(&call->words)) return ask_document(call, fd, error);
    if (dropped) {
        call->request.sink = hr_sink_discard();
        return ask(call, error);
    }
    if (call->target.direct) return ask_stream(call, fd, error);
    call->request.sink = hr_sink_fd(fd, call->target.offset);
    return ask(call, error);
}

/* ---- The report. */

static void put_headers(struct hr_json_writer *json, const struct call *call) {
    struct hr_slice rest = hr_slice_bytes(call->head.data, call->head.size), line, name;
    json_put_array(json, "headers");
    while (hr_slice_cut(&rest, '\n', &line)) {
        hr_slice_cut(&line, ':', &name);
        hr_json_object(json);
        json_put_string(json, "name", name);
        json_put_string(json, "value", hr_slice_trim(line));
        hr_json_end(json);
    }
    hr_json_end(json);
}

static void print_json(const struct call *call) {
    struct hr_json_writer json;
    char window[OUTPUT_WINDOW];
    output_json_init(&json, window, stdout);
    hr_json_object(&json);
    json_put_text(&json, "method", call->words.method);
    json_put_text(&json, "bucket", call->request.bucket);
    json_put_text(&json, "key", call->request.key);
    json_put_i64(&json, "status", call->request.status);
    put_headers(&json, call);
    json_put_u64(&json, "body_bytes", call->request.body_bytes);
    json_put_u64(&json, "sent_bytes", call->request.sent_bytes);
    json_put_text(&json, "output", call->to_file ? call->target.path : NULL);
    json_put_u64(&json, "attempts", call->request.request.attempts);
    json_put_null(&json, "error");
    hr_json_end(&json);
    output_json_finish(&json, stdout);
}

/* The head is what a HEAD has. */
static void print(const struct call *call) {
    if (call->values->json)
        print_json(call);
    else if (strcmp(call->words.method, "HEAD") == 0 && call->head.size > 0)
        output_bytes(hr_slice_bytes(call->head.data, call->head.size));
}

static int perform(struct call *call) {
    struct hr_error error = {0};
    s3_api_words_use(&call->words, &call->request);
    call->request.on_head = on_head;
    int code = open_body(call);
    if (!code) code = open_output(call);
    if (code) return code;
    int result = ask_to_output(call, &error);
    int err = target_close(&call->target, result == 0, call->request.body_bytes);
    if (!result && err) result = cannot_write(&error, err);
    if (!result) print(call);
    return session_end(call->session, result, &error, "s3 api %s %s", call->words.method,
                       shown_argument(call->path));
}

static int run(const struct command_call *command) {
    static struct call call; /* too large for a stack; one call a process */
    const struct values *values = command->values;
    const struct s3_api_line line = {command->arguments[0], command->arguments[1], &values->query,
                                     &values->headers, values->connection.literal};
    struct session session;
    call.values = values;
    call.session = &session;
    call.path = line.path;
    int code = s3_api_words_read(&line, &call.words);
    if (!code) code = session_open(&session, &values->connection, values->json);
    if (code) return code;
    code = perform(&call);
    local_source_close(&call.source);
    byte_buffer_free(&call.head);
    hr_buffer_deinit(&call.document);
    session_close(&session);
    return code;
}

const struct command command_s3_api = {
    .path = "s3 api",
    .arguments = "METHOD /[BUCKET[/KEY]]",
    .arguments_min = 2,
    .arguments_max = 2,
    .summary = "Send any request to a store, signed",
    .details = "For all that has no command of its own: addressing, signature, retries and the "
               "reading of errors are those of the other commands. The body of a good response "
               "goes to standard output or --output, of HEAD its fields. Exit codes: 0 a status of "
               "2xx, 4 one of 4xx, 5 one of 5xx, 1 any other failure.",
    .examples = "headrace s3 api GET /photos --query versioning\n"
                "headrace s3 api PUT /photos --query policy --body policy.json\n"
                "headrace s3 api HEAD /photos/cat.jpg\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0}, CONNECTION_GROUPS},
    .foreign = s3_foreign_option,
    .run = run,
};
