/* headrace s3 cp: an upload, out of a file or a pipe. */
#include <errno.h>
#include <string.h>

#include "media_type.h"
#include "s3_cp.h"
#include "shown.h"
#include "target_path.h"

/* The type of what is uploaded: as it is said, or guessed by the file's name, else by the key's. */
static const char *content_type(const struct s3_cp_values *values, const char *from,
                                const struct s3_place *place, char type[MEDIA_TYPE_SIZE]) {
    if (values->upload.content_type) return values->upload.content_type;
    if (media_type_of(from, type) || media_type_of(place->key, type)) return type;
    return MEDIA_TYPE_UNKNOWN;
}

/* The upload itself; `upload` has its options. */
static int put_file(const struct s3_cp_values *values, struct session *session, const char *from,
                    const struct local_source *source, struct hr_s3_upload *upload) {
    char to[1400];
    struct s3_meter meter = {.session = session, .total = source->size, .sending = true};
    struct hr_error error = {0};
    output_progress_begin(&meter.progress);
    session_prepare(session, &upload->request);
    int started = hr_s3_upload_start(session->client, upload);
    int result = session_wait(session, &upload->request, started, s3_meter_show, &meter, &error);
    output_progress_end(&meter.progress);
    if (upload->upload_id_left[0])
        output_complain(
            "the upload %s of s3://%s/%s could not be aborted: it is still at the store",
            upload->upload_id_left, upload->bucket, upload->key);
    snprintf(to, sizeof to, "s3://%s/%s", upload->bucket, upload->key);
    const struct s3_copied copied = {from,
                                     to,
                                     source->size,
                                     upload->etag,
                                     upload->version_id,
                                     &upload->request,
                                     upload->progress.parts};
    if (!result) s3_copied_print(values->json, &copied);
    return session_end(session, result, &error, "%s -> %s", shown_argument(from),
                       shown_argument(to));
}

static int put_source(const struct s3_cp_values *values, struct session *session, const char *from,
                      const struct s3_place *place, const struct local_source *source) {
    char type[MEDIA_TYPE_SIZE];
    struct s3_upload memory;
    struct hr_s3_upload upload = {
        .bucket = place->bucket,
        .key = place->key,
        .body = hr_source_fd(
            source->fd, (struct hr_file_range){.offset = source->offset, .size = source->size}),
        .content_type = content_type(values, from, place, type),
        .expect_continue = source->size >= 1u << 20,
        .transfer = s3_cp_transfer(values),
    };
    int code = s3_upload_fill(&values->upload, &values->object, &memory, &upload);
    if (code) return code;
    code = put_file(values, session, from, source, &upload);
    s3_upload_free(&memory);
    return code;
}

int s3_upload_place(const struct s3_cp_values *values, const char *from, const char *to,
                    struct s3_place *place) {
    bool exact = values->upload.exact_key;
    int code = s3_place_read(to, exact ? S3_PLACE_OBJECT : S3_PLACE_ANY, values->connection.literal,
                             place);
    if (code || exact) return code;
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

int s3_upload(const struct s3_cp_values *values, struct session *session, const char *from,
              const struct s3_place *place) {
    struct local_source source;
    const struct local_source_limits limits = {.file = UINT64_MAX,
                                               .spool = values->upload.spool_max};
    int code = local_source_open(from, limits, session, &source);
    if (code) return code;
    code = put_source(values, session, from, place, &source);
    local_source_close(&source);
    return code;
}
