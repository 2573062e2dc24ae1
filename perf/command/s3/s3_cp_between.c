/* headrace s3 cp: a copy inside the store. */
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "s3_cp.h"
#include "shown.h"

/* A copy under way, and where it points to. */
struct between {
    struct hr_s3_transfer_copy copy; /* first: on_progress sees it alone */
    struct s3_place from, to;
    struct s3_upload memory;
    struct s3_customer_key source_key;
    struct output_progress progress;
    atomic_uint_fast64_t done, total; /* bytes; written by the reactor */
};
_Static_assert(offsetof(struct between, copy) == 0, "on_progress is given its beginning");

static int on_progress(struct hr_s3_transfer_copy *copy, const struct hr_s3_progress *progress) {
    struct between *between = (struct between *)copy;
    atomic_store_explicit(&between->total, progress->size_bytes, memory_order_relaxed);
    atomic_store_explicit(&between->done, progress->bytes, memory_order_relaxed);
    return 0;
}

static void show(void *user) {
    struct between *between = user;
    uint64_t total = atomic_load_explicit(&between->total, memory_order_relaxed);
    if (!total) return;
    output_progress_bytes(&between->progress, "copied",
                          atomic_load_explicit(&between->done, memory_order_relaxed), total);
}

/* The options that describe the content of an object; the others are of the copy in any case. */
static const char *const described[] = {
    "content-type", "content-encoding", "content-disposition", "content-language", "cache-control",
    "expires",      "metadata"};

static bool in_words(const char *name) {
    for (const struct option *option = s3_upload_table; option->name; option++)
        if (strcmp(option->name, name) == 0) return option_in_words(option);
    return false;
}

static int check_described(void) {
    for (size_t i = 0; i < sizeof described / sizeof described[0]; i++)
        if (in_words(described[i]))
            return output_usage("s3 cp",
                                "--%s: type, content fields and metadata are the source's; with "
                                "--replace-metadata all of them are those of the command line",
                                described[i]);
    return EXIT_DONE;
}

/* Values of a configuration are for uploads. */
static void keep_described(struct hr_s3_transfer_copy *copy) {
    copy->content_type = NULL;
    copy->metadata = NULL;
    copy->metadata_count = 0;
    copy->options.content_encoding = copy->options.content_disposition = NULL;
    copy->options.content_language = copy->options.cache_control = NULL;
    copy->options.expires_s = 0;
}

static int fill(const struct s3_cp_values *values, struct between *between) {
    struct hr_s3_transfer_copy *copy = &between->copy;
    struct hr_s3_upload upload = {.bucket = NULL};
    int code = values->replace_metadata ? EXIT_DONE : check_described();
    if (!code) code = s3_customer_key_read(values->source_key, &between->source_key);
    if (code) return code;
    code = s3_upload_fill(&values->upload, &values->object, &between->memory, &upload);
    if (code) return code;
    copy->content_type = values->upload.content_type;
    copy->metadata = upload.metadata;
    copy->metadata_count = upload.metadata_count;
    copy->options = upload.options;
    copy->conditions = upload.conditions;
    copy->checksum_algorithm = upload.checksum_algorithm;
    copy->replace_metadata = values->replace_metadata;
    if (!values->replace_metadata) keep_described(copy);
    copy->replace_tags = in_words("tags");
    if (!copy->replace_tags) copy->options.tag_count = 0;
    copy->transfer = s3_cp_transfer(values);
    copy->threshold = values->multipart_threshold;
    copy->on_progress = on_progress;
    copy->bucket = between->to.bucket;
    copy->key = between->to.key;
    copy->source = (struct hr_s3_copy_source){
        .bucket = between->from.bucket,
        .key = between->from.key,
        .version_id = values->object.version_id,
        .customer_key = s3_customer_key_bytes(&between->source_key),
    };
    return EXIT_DONE;
}

static int run(const struct s3_cp_values *values, struct session *session, const char *from,
               struct between *between) {
    struct hr_s3_transfer_copy *copy = &between->copy;
    struct hr_error error = {0};
    char to[1400];
    output_progress_begin(&between->progress);
    session_prepare(session, &copy->request);
    int started = hr_s3_transfer_copy_start(session->client, copy);
    int result = session_wait(session, &copy->request, started, show, between, &error);
    output_progress_end(&between->progress);
    snprintf(to, sizeof to, "s3://%s/%s", copy->bucket, copy->key);
    if (copy->upload_id_left[0])
        output_complain("the upload %s of %s could not be aborted: it is still at the store",
                        copy->upload_id_left, to);
    const struct s3_copied copied = {from,
                                     to,
                                     copy->source_info.size_bytes,
                                     copy->etag,
                                     copy->version_id,
                                     &copy->request,
                                     &copy->progress};
    if (!result) s3_copied_print(values->json, &copied);
    return session_end(session, result, &error, "%s -> %s", shown_argument(from),
                       shown_argument(to));
}

static int run_in_session(const struct s3_cp_values *values, const char *from,
                          struct between *between) {
    struct session session;
    int code = session_open(&session, &values->connection, values->json);
    if (code) return code;
    code = run(values, &session, from, between);
    session_close(&session);
    return code;
}

int s3_between(const struct s3_cp_values *values, const char *from, const char *to) {
    struct between between = {.copy = {.bucket = NULL}};
    int code = s3_place_read(from, S3_PLACE_OBJECT, values->connection.literal, &between.from);
    if (!code) code = s3_upload_place(values, from, to, &between.to);
    if (!code) code = fill(values, &between);
    if (!code) code = run_in_session(values, from, &between);
    s3_upload_free(&between.memory);
    s3_customer_key_wipe(&between.source_key);
    return code;
}
