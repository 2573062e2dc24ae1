/* headrace s3 cp: a download, into a file, a pipe or a device. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "output_stream.h"
#include "s3_cp.h"
#include "s3_read.h"
#include "shown.h"
#include "target.h"
#include "target_path.h"

/* Fewer bytes than the store has said. It says nothing where the response is chunked or ends with
 * the connection; the client knows of an end that comes too early then. */
static int check_size(const struct hr_s3_get *get, struct hr_error *error) {
    if (get->info.size_unknown || get->body_bytes == get->info.size_bytes) return 0;
    return hr_error_set(error, HR_ERR_HTTP_TRUNCATED, "%llu of %llu bytes came",
                        (unsigned long long)get->body_bytes,
                        (unsigned long long)get->info.size_bytes);
}

/* So much has come of an object. */
struct got {
    uint64_t bytes;
    unsigned parts;
    char etag[256], version_id[256];
    struct hr_request *request;
};

static void note(struct got *got, const struct hr_s3_object_info *info, uint64_t bytes) {
    got->bytes = bytes;
    memcpy(got->etag, info->etag, sizeof got->etag);
    memcpy(got->version_id, info->version_id, sizeof got->version_id);
}

/* To a file: straight into it, by ranges. */
static int get_file(struct session *session, struct hr_s3_download *download,
                    struct hr_error *error, struct got *got) {
    struct s3_meter meter = {.session = session};
    output_progress_begin(&meter.progress);
    session_prepare(session, &download->request);
    int started = hr_s3_download_start(session->client, download);
    int result = session_wait(session, &download->request, started, s3_meter_show, &meter, error);
    output_progress_end(&meter.progress);
    note(got, &download->info, download->progress.bytes);
    got->parts = download->progress.parts;
    return result;
}

/* To a pipe or a device: through a thread. */
static int get_stream(struct session *session, struct hr_s3_get *get, int fd,
                      struct hr_error *error, struct got *got) {
    stream *pipe;
    int err = stream_open(fd, &get->request, &pipe);
    if (err) return hr_error_set(error, err, "cannot start a thread: %s", hr_error_text(err));
    get->sink = stream_sink(pipe);
    session_prepare(session, &get->request);
    int started = hr_s3_get_start(session->client, get);
    int result = session_wait(session, &get->request, started, NULL, NULL, error);
    err = stream_close(pipe, result != 0);
    note(got, &get->info, get->body_bytes);
    got->parts = 1;
    if (err) return hr_error_set(error, err, "cannot write the output: %s", hr_error_text(err));
    return result ? result : check_size(get, error);
}

/* `to` "-" is standard output, which needs no opening. */
static int open_target(const struct s3_cp_values *values, struct session *session,
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

/* The request of either. */
struct asked {
    struct hr_s3_get get; /* into a pipe or a device */
    struct hr_s3_download download;
};

static int get_into(const struct s3_cp_values *values, struct session *session,
                    const struct s3_place *place, const struct s3_read *read,
                    const struct local_target *target, struct asked *asked, struct hr_error *error,
                    struct got *got) {
    if (target->direct) {
        int fd = target->fd >= 0 ? target->fd : STDOUT_FILENO;
        asked->get = (struct hr_s3_get){
            .bucket = place->bucket, .key = place->key, .options = read->options};
        got->request = &asked->get.request;
        return get_stream(session, &asked->get, fd, error, got);
    }
    asked->download = (struct hr_s3_download){.bucket = place->bucket,
                                              .key = place->key,
                                              .options = read->options,
                                              .sink = hr_sink_fd(target->fd, target->offset),
                                              .transfer = s3_cp_transfer(values)};
    got->request = &asked->download.request;
    return get_file(session, &asked->download, error, got);
}

/* The object into a target that is open. */
static int get_object(const struct s3_cp_values *values, struct session *session,
                      const struct s3_place *place, const struct s3_read *read, const char *from,
                      struct local_target *target) {
    struct hr_error error = {0};
    struct got got = {.bytes = 0};
    struct asked asked;
    int result = get_into(values, session, place, read, target, &asked, &error, &got);
    const char *to = *target->path ? target->path : "-";
    int err = target_close(target, result == 0, got.bytes);
    if (!result && err)
        result = hr_error_set(&error, err, "cannot write %s: %s", to, strerror(-err));
    const struct s3_copied copied = {from,           to,          got.bytes, got.etag,
                                     got.version_id, got.request, got.parts};
    if (!result && !target->is_standard) s3_copied_print(values->json, &copied);
    return session_end(session, result, &error, "%s -> %s", shown_argument(from),
                       shown_argument(to));
}

int s3_download(const struct s3_cp_values *values, struct session *session, const char *from,
                const struct s3_place *place, const char *to) {
    struct local_target target;
    struct s3_read read;
    int code = s3_read_fill(&values->object, &read);
    if (!code) code = open_target(values, session, place, to, &target);
    if (!code) code = get_object(values, session, place, &read, from, &target);
    s3_read_wipe(&read);
    return code;
}
