/* headrace s3 cp: one object, from or to a file or a pipe. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "json_put.h"
#include "media_type.h"
#include "output_stream.h"
#include "s3_foreign.h"
#include "s3_metadata.h"
#include "s3_place.h"
#include "session.h"
#include "shown.h"
#include "target.h"
#include "target_path.h"

struct values {
    struct connection_options connection;
    const char *content_type;
    struct option_list metadata;
    int payload;
    uint64_t spool_max;
    bool recursive;
    bool json;
};

#define VALUE(field) offsetof(struct values, field)
static const struct option table[] = {
    {"content-type", "TYPE", OPTION_STRING, VALUE(content_type),
     .help = "Content-Type of an object that is uploaded (default: guessed from its name)"},
    {"metadata", "NAME=VALUE", OPTION_LIST, VALUE(metadata), .check = s3_metadata_check,
     .help = "User metadata of an object that is uploaded; more behind commas, or repeated"},
    {"payload", "MODE", OPTION_CHOICE, VALUE(payload), .choices = "auto|signed|unsigned",
     .standard = "auto",
     .help = "signed: the SHA-256 of the body is part of the signature, so it is read twice; "
             "unsigned: it is not; auto: signed on plain HTTP"},
    {"spool-max", "SIZE", OPTION_SIZE, VALUE(spool_max), .standard = "5GiB", .max = PUT_BYTES_MAX,
     .help = "Most bytes that are taken from a pipe before they are uploaded; more is an error"},
    {"recursive", NULL, OPTION_FLAG, VALUE(recursive),
     .help = "Not part of this version: ends in an error"},
    {"json", NULL, OPTION_FLAG, VALUE(json), .help = "Print one JSON object"},
    {.name = NULL}};

/* The progress line: bytes through the engine, heads included. */
struct meter {
    struct session *session;
    struct output_progress progress;
    uint64_t total;
    bool sending;
};

static void show_progress(void *user) {
    struct meter *meter = user;
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(meter->session->on.engine, &metrics);
    uint64_t bytes = meter->sending ? metrics.bytes_sent : metrics.bytes_received;
    if (meter->total && bytes > meter->total) bytes = meter->total;
    output_progress_bytes(&meter->progress, meter->sending ? "sent" : "received", bytes,
                          meter->total);
}

static void print_done(const struct values *values, const char *from, const char *to,
                       uint64_t bytes, const char *etag, const struct hr_request *request) {
    double seconds = (double)request->total_ns / 1e9;
    if (values->json) {
        struct hr_json_writer json;
        char window[OUTPUT_WINDOW];
        output_json_init(&json, window, stdout);
        hr_json_object(&json);
        json_put_text(&json, "from", from);
        json_put_text(&json, "to", to);
        json_put_u64(&json, "size_bytes", bytes);
        json_put_text(&json, "etag", etag);
        json_put_double(&json, "duration_s", seconds, 6);
        json_put_u64(&json, "attempts", request->attempts);
        hr_json_end(&json);
        output_json_finish(&json, stdout);
        return;
    }
    char size[OUTPUT_SIZE_TEXT], rate[OUTPUT_SIZE_TEXT];
    output_size(bytes, size);
    output_size(seconds > 0 ? (uint64_t)((double)bytes / seconds) : 0, rate);
    output_bytes(hr_slice_of(from));
    printf(" -> ");
    output_bytes(hr_slice_of(to));
    printf(": %s in %.3f s, %s/s\n", size, seconds, rate);
}

/* The type of what is uploaded: as it is said, or guessed by the file's name, else by the key's. */
static const char *content_type(const struct values *values, const char *from,
                                const struct s3_place *place, char type[MEDIA_TYPE_SIZE]) {
    if (values->content_type) return values->content_type;
    if (media_type_of(from, type) || media_type_of(place->key, type)) return type;
    return MEDIA_TYPE_UNKNOWN;
}

static int put_file(const struct values *values, struct session *session, const char *from,
                    const struct s3_place *place, const struct local_source *source) {
    char type[MEDIA_TYPE_SIZE], to[1400];
    struct s3_metadata metadata;
    int code = s3_metadata_read(&values->metadata, &metadata);
    if (code) return code;
    struct hr_s3_put put = {
        .bucket = place->bucket,
        .key = place->key,
        .body = hr_source_fd(
            source->fd, (struct hr_file_range){.offset = source->offset, .size = source->size}),
        .content_type = content_type(values, from, place, type),
        .metadata = metadata.items,
        .metadata_count = metadata.count,
        .payload = (enum hr_s3_payload)values->payload,
        .expect_continue = source->size >= 1u << 20,
    };
    struct meter meter = {.session = session, .total = source->size, .sending = true};
    output_progress_begin(&meter.progress);
    struct hr_error error = {0};
    session_prepare(session, &put.request);
    int started = hr_s3_put_start(session->client, &put);
    int result = session_wait(session, &put.request, started, show_progress, &meter, &error);
    output_progress_end(&meter.progress);
    snprintf(to, sizeof to, "s3://%s/%s", place->bucket, place->key);
    if (!result) print_done(values, from, to, source->size, put.etag, &put.request);
    s3_metadata_free(&metadata);
    return session_end(session, result, &error, "%s -> %s", shown_argument(from),
                       shown_argument(to));
}

/* The target of an upload: a key that is empty or ends in '/' gets the file's name added. */
static int read_upload_place(const char *from, const char *to, bool literal,
                             struct s3_place *place) {
    int code = s3_place_read(to, S3_PLACE_ANY, literal, place);
    if (code) return code;
    size_t size = strlen(place->key);
    if (size && place->key[size - 1] != '/') return EXIT_DONE;
    const char *name = from + target_path_folder(from);
    if (strcmp(from, "-") == 0 || !*name) {
        output_complain("'%s': %s; give one, '%s' has no name", to,
                        hr_error_text(HR_ERR_S3_URI_KEY), from);
        return EXIT_USAGE;
    }
    if (size + strlen(name) >= sizeof place->key) {
        output_complain("the key '%s%s' is longer than S3's 1024 bytes", place->key, name);
        return EXIT_USAGE;
    }
    memcpy(place->key + size, name, strlen(name) + 1);
    return EXIT_DONE;
}

static int upload(const struct values *values, struct session *session, const char *from,
                  const struct s3_place *place) {
    struct local_source source;
    int code = local_source_open(from, values->spool_max, session, &source);
    if (code) return code;
    code = put_file(values, session, from, place, &source);
    local_source_close(&source);
    return code;
}

/* Fewer bytes than the store has said. It says nothing where the response is chunked or ends with
 * the connection; the client knows of an end that comes too early then. */
static int check_size(const struct hr_s3_get *get, struct hr_error *error) {
    if (get->info.size_unknown || get->body_bytes == get->info.size_bytes) return 0;
    return hr_error_set(error, HR_ERR_HTTP_TRUNCATED, "%llu of %llu bytes came",
                        (unsigned long long)get->body_bytes,
                        (unsigned long long)get->info.size_bytes);
}

/* To a file: straight into it. */
static int get_file(struct session *session, struct hr_s3_get *get, struct local_target *target,
                    struct hr_error *error) {
    struct meter meter = {.session = session};
    output_progress_begin(&meter.progress);
    get->sink = hr_sink_fd(target->fd, target->offset);
    int started = hr_s3_get_start(session->client, get);
    int result = session_wait(session, &get->request, started, show_progress, &meter, error);
    output_progress_end(&meter.progress);
    return result ? result : check_size(get, error);
}

/* To a pipe or a device: through a thread. */
static int get_stream(struct session *session, struct hr_s3_get *get, int fd,
                      struct hr_error *error) {
    stream *pipe;
    int err = stream_open(fd, &get->request, &pipe);
    if (err) return hr_error_set(error, err, "cannot start a thread: %s", hr_error_text(err));
    get->sink = stream_sink(pipe);
    int started = hr_s3_get_start(session->client, get);
    int result = session_wait(session, &get->request, started, NULL, NULL, error);
    err = stream_close(pipe, result != 0);
    if (err) return hr_error_set(error, err, "cannot write the output: %s", hr_error_text(err));
    return result ? result : check_size(get, error);
}

/* `to` "-" is standard output, which needs no opening. */
static int open_target(const struct values *values, struct session *session,
                       const struct s3_place *place, const char *to, struct local_target *target) {
    *target = (struct local_target){.fd = -1, .direct = true, .is_standard = true};
    if (strcmp(to, "-") == 0) return EXIT_DONE;
    const struct target_options options = {
        .path = to, .name = place->key + target_path_folder(place->key), .make_folders = true};
    int code = target_open(&options, session, target);
    if (code || !target->is_standard || !values->json) return code;
    output_complain("s3 cp: --json and '%s' would both write to standard output", to);
    target_close(target, false, 0);
    return EXIT_USAGE;
}

static int download(const struct values *values, struct session *session, const char *from,
                    const struct s3_place *place, const char *to) {
    struct local_target target;
    int code = open_target(values, session, place, to, &target);
    if (code) return code;
    struct hr_s3_get get = {.bucket = place->bucket, .key = place->key};
    struct hr_error error = {0};
    session_prepare(session, &get.request);
    int fd = target.fd >= 0 ? target.fd : STDOUT_FILENO;
    int result = target.direct ? get_stream(session, &get, fd, &error)
                               : get_file(session, &get, &target, &error);
    int err = target_close(&target, result == 0, get.body_bytes);
    if (!result && err)
        result = hr_error_set(&error, err, "cannot write %s: %s", to, strerror(-err));
    if (!result && !target.is_standard)
        print_done(values, from, target.path, get.body_bytes, get.info.etag, &get.request);
    return session_end(session, result, &error, "%s -> %s", shown_argument(from),
                       shown_argument(*target.path ? target.path : to));
}

static int run(const struct command_call *call) {
    const struct values *values = call->values;
    const char *from = call->arguments[0], *to = call->arguments[1];
    bool from_s3 = s3_place_is(from), to_s3 = s3_place_is(to);
    bool literal = values->connection.literal;
    if (values->recursive) {
        output_complain("s3 cp: --recursive is not part of this version: copy single objects");
        return EXIT_USAGE;
    }
    if (from_s3 && to_s3) {
        output_complain("s3 cp: copying from store to store is not part of this version");
        return EXIT_USAGE;
    }
    if (!from_s3 && !to_s3) {
        output_complain("s3 cp: one of '%s' and '%s' must be an object: %s", shown_argument(from),
                        shown_argument(to), hr_error_text(HR_ERR_S3_URI_SCHEME));
        return EXIT_USAGE;
    }
    if (from_s3 && strcmp(to, "-") == 0 && values->json) {
        output_json_reported(); /* what standard output is for is not clear */
        output_complain("s3 cp: --json and '-' would both write to standard output");
        return EXIT_USAGE;
    }
    if (!*from || !*to) {
        output_complain("s3 cp: %s is empty", *from ? "TARGET" : "SOURCE");
        return EXIT_USAGE;
    }
    struct s3_place place;
    struct session session;
    int code = from_s3 ? s3_place_read(from, S3_PLACE_OBJECT, literal, &place)
                       : read_upload_place(from, to, literal, &place);
    if (!code) code = session_open(&session, &values->connection, values->json);
    if (code) return code;
    code = from_s3 ? download(values, &session, from, &place, to)
                   : upload(values, &session, from, &place);
    session_close(&session);
    return code;
}

const struct command command_s3_cp = {
    .path = "s3 cp",
    .arguments = "SOURCE TARGET",
    .arguments_min = 2,
    .arguments_max = 2,
    .summary = "Copy one object from or to a file or a pipe",
    .details = "One of SOURCE and TARGET is s3://BUCKET/KEY, the other a file, or - for standard "
               "input or output. A key that is empty or ends in / gets the file's name added. An "
               "object has up to 5 GiB. A pipe is first spooled to an unlinked file in TMPDIR, up "
               "to --spool-max. A plain file is received under a temporary name beside TARGET, "
               "which it replaces when it is complete; links are followed, pipes and devices "
               "written as they are, folders that are missing made.",
    .examples =
        "headrace s3 cp cat.jpg s3://photos/\n"
        "headrace s3 cp s3://photos/cat.jpg .\n"
        "tar cz notes | headrace s3 cp --content-type application/gzip - s3://backup/notes.tgz\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0}, CONNECTION_GROUPS},
    .foreign = s3_foreign_option,
    .run = run,
};

/* cat is cp to standard output. */
struct cat_values {
    struct connection_options connection;
};

static int run_cat(const struct command_call *call) {
    const struct cat_values *cat = call->values;
    struct values values = {.connection = cat->connection};
    struct s3_place place;
    struct session session;
    int code =
        s3_place_read(call->arguments[0], S3_PLACE_OBJECT, values.connection.literal, &place);
    if (!code) code = session_open(&session, &values.connection, false);
    if (code) return code;
    code = download(&values, &session, call->arguments[0], &place, "-");
    session_close(&session);
    return code;
}

const struct command command_s3_cat = {
    .path = "s3 cat",
    .arguments = "s3://BUCKET/KEY",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "Write one object to standard output",
    .examples = "headrace s3 cat s3://photos/list.txt | head\n",
    .values_size = sizeof(struct cat_values),
    .groups = {CONNECTION_GROUPS},
    .foreign = s3_foreign_option,
    .run = run_cat,
};
