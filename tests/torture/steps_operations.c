/* The other operations of S3, each once: copies, tags, attributes, uploads in parts, versions,
 * buckets, the pass-through. */
#include <string.h>

#include "torture_scenario.h"

#define BUCKET   "torture"
#define VERSIONS "torture-versions"
#define KEY      "object" /* the one that the steps before put */
#define SOURCE                                                                                     \
    { .bucket = BUCKET, .key = KEY }

/* Runs one: `call` is the start of `it`. */
#define RUN(it, call) torture_end_of(&(it).request, call, error)

/* ---- Copies, tags, attributes. */

int step_copy(struct subject *subject, struct hr_error *error) {
    struct hr_s3_copy copy = {
        .request = torture_impatient, .bucket = BUCKET, .key = "copy", .source = SOURCE};
    int result = RUN(copy, hr_s3_copy_start(subject->s3, &copy));
    if (result == 0 && !*copy.etag) torture_failed("a copy without an ETag");
    return result;
}

static int on_tag(struct hr_s3_tags_get *get, const struct hr_s3_tag *tag) {
    (void)get, (void)tag;
    return 0;
}

int step_tags(struct subject *subject, struct hr_error *error) {
    const struct hr_s3_tag tag = {"name", "value"};
    struct hr_s3_tags_put put = {
        .request = torture_impatient, .bucket = BUCKET, .key = KEY, .tags = &tag, .tag_count = 1};
    int result = RUN(put, hr_s3_tags_put_start(subject->s3, &put));
    if (result < 0) return result;
    struct hr_s3_tags_get get = {
        .request = torture_impatient, .bucket = BUCKET, .key = KEY, .on_tag = on_tag};
    result = RUN(get, hr_s3_tags_get_start(subject->s3, &get));
    if (result == 0 && get.tags != 1) torture_failed("%u tags", get.tags);
    if (result < 0) return result;
    struct hr_s3_tags_delete gone = {.request = torture_impatient, .bucket = BUCKET, .key = KEY};
    return RUN(gone, hr_s3_tags_delete_start(subject->s3, &gone));
}

int step_attributes(struct subject *subject, struct hr_error *error) {
    struct hr_s3_attributes attributes = {
        .request = torture_impatient, .bucket = BUCKET, .key = KEY};
    int result = RUN(attributes, hr_s3_attributes_start(subject->s3, &attributes));
    if (result == 0 && !*attributes.etag) torture_failed("attributes without an ETag");
    return result;
}

/* The store has nothing that is archived. */
int step_restore(struct subject *subject, struct hr_error *error) {
    struct hr_s3_restore restore = {
        .request = torture_impatient, .bucket = BUCKET, .key = KEY, .days = 1};
    int result = RUN(restore, hr_s3_restore_start(subject->s3, &restore));
    return result == HR_ERR_S3_SERVICE ? 0 : result;
}

int step_delete_many(struct subject *subject, struct hr_error *error) {
    const struct hr_s3_delete_key keys[] = {{.key = "nobody/1"}, {.key = "nobody/2"}};
    struct hr_s3_delete_many many = {
        .request = torture_impatient, .bucket = BUCKET, .keys = keys, .key_count = 2};
    int result = RUN(many, hr_s3_delete_many_start(subject->s3, &many));
    if (result == 0 && many.deleted != 2) torture_failed("%u deleted", many.deleted);
    return result;
}

int step_pass(struct subject *subject, struct hr_error *error) {
    struct hr_s3_request pass = {.request = torture_impatient,
                                 .operation = "GetBucketVersioning",
                                 .bucket = BUCKET,
                                 .sink = hr_sink_discard()};
    const struct hr_s3_query query = {.name = hr_slice_of("versioning")};
    pass.query = &query;
    pass.query_count = 1;
    return RUN(pass, hr_s3_request_start(subject->s3, &pass));
}

/* ---- Uploads in parts. */

struct upload {
    struct subject *subject;
    struct hr_error *error;
    const char *id;
    struct hr_s3_upload_part part;
    struct hr_s3_upload_part_copy copy;
};

static int put_part(struct upload *upload) {
    struct hr_error *error = upload->error;
    upload->part = (struct hr_s3_upload_part){.request = torture_impatient,
                                              .bucket = BUCKET,
                                              .key = "parts",
                                              .upload_id = upload->id,
                                              .part_number = 1,
                                              .body = hr_source_bytes("a part", 6)};
    return RUN(upload->part, hr_s3_upload_part_start(upload->subject->s3, &upload->part));
}

/* In place of the other. */
static int copy_part(struct upload *upload) {
    struct hr_error *error = upload->error;
    upload->copy = (struct hr_s3_upload_part_copy){.request = torture_impatient,
                                                   .bucket = BUCKET,
                                                   .key = "parts",
                                                   .upload_id = upload->id,
                                                   .part_number = 1,
                                                   .source = SOURCE,
                                                   .ranged = true,
                                                   .range_last = 99};
    return RUN(upload->copy, hr_s3_upload_part_copy_start(upload->subject->s3, &upload->copy));
}

static int list_parts(struct upload *upload) {
    struct hr_error *error = upload->error;
    struct hr_s3_part_list list = {
        .request = torture_impatient, .bucket = BUCKET, .key = "parts", .upload_id = upload->id};
    int result = RUN(list, hr_s3_part_list_start(upload->subject->s3, &list));
    if (result == 0 && list.parts != 1) torture_failed("%d parts", (int)list.parts);
    return result;
}

static int complete(struct upload *upload) {
    struct hr_error *error = upload->error;
    const struct hr_s3_completed_part part = {.part_number = 1, .etag = upload->copy.etag};
    struct hr_s3_upload_complete complete = {.request = torture_impatient,
                                             .bucket = BUCKET,
                                             .key = "parts",
                                             .upload_id = upload->id,
                                             .parts = &part,
                                             .part_count = 1};
    return RUN(complete, hr_s3_upload_complete_start(upload->subject->s3, &complete));
}

static int abort_upload(struct upload *upload, struct hr_error *error) {
    struct hr_s3_upload_abort gone = {
        .request = torture_impatient, .bucket = BUCKET, .key = "parts", .upload_id = upload->id};
    return RUN(gone, hr_s3_upload_abort_start(upload->subject->s3, &gone));
}

static int create(struct upload *upload, struct hr_s3_upload_create *create) {
    struct hr_error *error = upload->error;
    *create = (struct hr_s3_upload_create){
        .request = torture_impatient, .bucket = BUCKET, .key = "parts"};
    int result = RUN(*create, hr_s3_upload_create_start(upload->subject->s3, create));
    upload->id = create->upload_id;
    return result;
}

/* One that fails is aborted, where that is possible. */
int step_upload(struct subject *subject, struct hr_error *error) {
    struct upload upload = {.subject = subject, .error = error};
    struct hr_s3_upload_create created;
    struct hr_error ignored;
    int result = create(&upload, &created);
    if (result < 0) return result;
    result = put_part(&upload);
    if (result == 0) result = copy_part(&upload);
    if (result == 0) result = list_parts(&upload);
    if (result == 0) result = complete(&upload);
    if (result < 0) abort_upload(&upload, &ignored);
    return result;
}

int step_abort(struct subject *subject, struct hr_error *error) {
    struct upload upload = {.subject = subject, .error = error};
    struct hr_s3_upload_create created;
    int result = create(&upload, &created);
    if (result == 0) result = abort_upload(&upload, error);
    /* The first attempt has done it, and its answer was lost. */
    return result < 0 && strcmp(error->service_code, "NoSuchUpload") == 0 ? 0 : result;
}

int step_upload_list(struct subject *subject, struct hr_error *error) {
    struct hr_s3_upload_list list = {.request = torture_impatient, .bucket = BUCKET};
    return RUN(list, hr_s3_upload_list_start(subject->s3, &list));
}

/* ---- Buckets and versions. */

static int is_there(int result, const struct hr_error *error) {
    return result < 0 && strncmp(error->service_code, "BucketAlready", 13) == 0 ? 0 : result;
}

int step_versions(struct subject *subject, struct hr_error *error) {
    struct hr_s3_bucket_create create = {.request = torture_impatient, .bucket = VERSIONS};
    int result = is_there(RUN(create, hr_s3_bucket_create_start(subject->s3, &create)), error);
    if (result < 0) return result;
    struct hr_s3_versioning_put put = {
        .request = torture_impatient, .bucket = VERSIONS, .status = HR_S3_VERSIONING_ENABLED};
    result = RUN(put, hr_s3_versioning_put_start(subject->s3, &put));
    if (result < 0) return result;
    struct hr_s3_versioning_get get = {.request = torture_impatient, .bucket = VERSIONS};
    result = RUN(get, hr_s3_versioning_get_start(subject->s3, &get));
    if (result == 0 && get.status != HR_S3_VERSIONING_ENABLED)
        torture_failed("versioning is %d", (int)get.status);
    if (result < 0) return result;
    struct hr_s3_version_list list = {.request = torture_impatient, .bucket = BUCKET};
    return RUN(list, hr_s3_version_list_start(subject->s3, &list));
}

int step_bucket_looks(struct subject *subject, struct hr_error *error) {
    struct hr_s3_bucket_head head = {.request = torture_impatient, .bucket = BUCKET};
    int result = RUN(head, hr_s3_bucket_head_start(subject->s3, &head));
    if (result < 0) return result;
    struct hr_s3_bucket_location location = {.request = torture_impatient, .bucket = BUCKET};
    result = RUN(location, hr_s3_bucket_location_start(subject->s3, &location));
    if (result < 0) return result;
    struct hr_s3_bucket_list list = {.request = torture_impatient};
    return RUN(list, hr_s3_bucket_list_start(subject->s3, &list));
}

/* A second attempt finds that the first one has done it. */
int step_bucket_delete(struct subject *subject, struct hr_error *error) {
    struct hr_s3_bucket_create create = {.request = torture_impatient, .bucket = "torture-gone"};
    int result = is_there(RUN(create, hr_s3_bucket_create_start(subject->s3, &create)), error);
    if (result < 0) return result;
    struct hr_s3_bucket_delete gone = {.request = torture_impatient, .bucket = "torture-gone"};
    result = RUN(gone, hr_s3_bucket_delete_start(subject->s3, &gone));
    return result < 0 && strcmp(error->service_code, "NoSuchBucket") == 0 ? 0 : result;
}

/* ---- Transfers. */

#define TRANSFER_SIZE (HR_S3_PART_SIZE_MIN + 4096)

static char transfer_bytes[TRANSFER_SIZE];

static ssize_t produce_transfer(void *user, void *buffer, size_t capacity) {
    size_t *at = user, size = sizeof transfer_bytes - *at;
    if (size > capacity) size = capacity;
    memcpy(buffer, transfer_bytes + *at, size);
    *at += size;
    return (ssize_t)size;
}

/* Two parts, of a size that nobody has told. */
int step_transfer_up(struct subject *subject, struct hr_error *error) {
    size_t at = 0;
    for (size_t i = 0; i < sizeof transfer_bytes && !transfer_bytes[1]; i += 4096)
        transfer_bytes[i] = transfer_bytes[i + 1] = (char)(i / 4096 + 1);
    struct hr_s3_upload up = {.request = torture_impatient,
                              .bucket = BUCKET,
                              .key = "transfer",
                              .body =
                                  hr_source_producer(produce_transfer, NULL, &at, HR_SIZE_UNKNOWN),
                              .transfer.part_size = HR_S3_PART_SIZE_MIN};
    int result = RUN(up, hr_s3_upload_start(subject->s3, &up));
    if (result == 0 && up.progress.parts != 2) torture_failed("%u parts", up.progress.parts);
    return result;
}

/* Three ranges, compared with what was uploaded by a run without faults. */
int step_transfer_down(struct subject *subject, struct hr_error *error) {
    static char got[TRANSFER_SIZE];
    struct hr_s3_download down = {.request = torture_impatient,
                                  .bucket = BUCKET,
                                  .key = "transfer",
                                  .sink = hr_sink_bytes(got, sizeof got),
                                  .transfer.part_size = 2000000};
    memset(got, 0, sizeof got);
    int result = RUN(down, hr_s3_download_start(subject->s3, &down));
    if (result == 0 && memcmp(got, transfer_bytes, sizeof got) != 0)
        torture_failed("other bytes have come");
    return result;
}

/* Two parts, taken from what was uploaded. */
int step_transfer_copy(struct subject *subject, struct hr_error *error) {
    struct hr_s3_transfer_copy copy = {
        .request = torture_impatient,
        .bucket = BUCKET,
        .key = "transfer copy",
        .source = {.bucket = BUCKET, .key = "transfer"},
        .transfer.part_size = HR_S3_PART_SIZE_MIN,
        .threshold = HR_S3_PART_SIZE_MIN,
    };
    int result = RUN(copy, hr_s3_transfer_copy_start(subject->s3, &copy));
    if (result == 0 && copy.progress.parts != 2) torture_failed("%u parts", copy.progress.parts);
    if (result == 0 && copy.progress.bytes != TRANSFER_SIZE)
        torture_failed("%d bytes copied", (int)copy.progress.bytes);
    return result;
}
