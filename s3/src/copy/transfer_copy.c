/* A copy: a look at the source; then one request, or create, parts, complete; and abort, where it
 * fails. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "copy_check.h"
#include "copy_state.h"
#include "s3_prepare.h"
#include "s3_rows.h"

#define ABORT_TIMEOUT_MS 30000

static struct hr__copy *of(const struct hr_request *request) {
    return hr__container_of(request, struct hr_s3_transfer_copy, request)->call_;
}

/* ---- The end. */

static void finish(struct hr__copy *copy) {
    struct hr_s3_transfer_copy *user = copy->user;
    int result = copy->failure;
    assert(copy->active == 0);
    hr__copy_parts_free(copy);
    hr__copy_source_free(&copy->source);
    user->call_ = NULL;
    free(copy);
    hr__request_finish(&user->request, result);
}

/* ---- Requests that are alone. */

static void clear(struct hr__copy *copy, enum hr__copy_phase phase) {
    copy->phase = phase;
    memset(&copy->asked, 0, sizeof copy->asked);
}

static void begin(struct hr__copy *copy, enum hr__s3_kind kind,
                  void (*on_done)(struct hr_request *request)) {
    struct hr_request *request = &copy->asked.head.request; /* the first member of each */
    request->on_done = on_done;
    request->user = copy;
    if (kind != HR__S3_UPLOAD_ABORT) request->refusal = copy->user->request.refusal;
    int err = hr__s3_begin(copy->client, kind, request);
    if (err)
        hr__copy_fail(copy, err, &request->error);
    else
        copy->active++;
}

static void on_aborted(struct hr_request *request) {
    struct hr__copy *copy = request->user;
    struct hr_s3_transfer_copy *user = copy->user;
    copy->active--;
    bool gone = request->result == 0 || request->error.http_status == 404;
    if (!gone) memcpy(user->upload_id_left, copy->upload_id, sizeof user->upload_id_left);
    finish(copy);
}

static void abort_upload(struct hr__copy *copy) {
    const struct hr_s3_transfer_copy *user = copy->user;
    clear(copy, HR__COPY_ABORTING);
    struct hr_s3_upload_abort *ask = &copy->asked.abort;
    ask->bucket = user->bucket;
    ask->key = user->key;
    ask->upload_id = copy->upload_id;
    ask->request_payer = user->options.request_payer;
    ask->expected_owner = user->options.expected_owner;
    ask->request.timeout_ms = ABORT_TIMEOUT_MS;
    begin(copy, HR__S3_UPLOAD_ABORT, on_aborted);
    if (!copy->active) finish(copy);
}

static void fail_step(struct hr__copy *copy) {
    if (copy->active) return;
    if (copy->upload_id[0] && copy->phase != HR__COPY_ABORTING)
        abort_upload(copy);
    else
        finish(copy);
}

/* ---- In parts. */

static void on_completed(struct hr_request *request) {
    struct hr__copy *copy = request->user;
    struct hr_s3_transfer_copy *user = copy->user;
    const struct hr_s3_upload_complete *asked = &copy->asked.complete;
    hr__copy_count(copy, request);
    if (request->result < 0) {
        hr__copy_fail(copy, request->result, &request->error);
        fail_step(copy);
        return;
    }
    memcpy(user->etag, asked->etag, sizeof user->etag);
    memcpy(user->version_id, asked->version_id, sizeof user->version_id);
    user->checksum = asked->object_checksum;
    copy->failure = 0; /* a cancel has come too late */
    finish(copy);
}

static void complete(struct hr__copy *copy) {
    const struct hr_s3_transfer_copy *user = copy->user;
    clear(copy, HR__COPY_COMPLETING);
    struct hr_s3_upload_complete *ask = &copy->asked.complete;
    ask->bucket = user->bucket;
    ask->key = user->key;
    ask->upload_id = copy->upload_id;
    ask->parts = copy->parts;
    ask->part_count = copy->part_count;
    ask->conditions = user->conditions;
    ask->object_size_bytes = copy->offset;
    ask->checksum_type = copy->type;
    ask->customer_key = user->options.encryption.customer_key;
    ask->request_payer = user->options.request_payer;
    ask->expected_owner = user->options.expected_owner;
    begin(copy, HR__S3_UPLOAD_COMPLETE, on_completed);
}

static void step(struct hr__copy *copy) {
    if (!copy->failure && copy->phase == HR__COPY_PARTS) hr__copy_parts_pump(copy);
    if (!copy->failure && copy->phase == HR__COPY_PARTS && !copy->active) complete(copy);
    if (copy->failure) fail_step(copy);
}

static void on_created(struct hr_request *request) {
    struct hr__copy *copy = request->user;
    hr__copy_count(copy, request);
    if (request->result < 0)
        hr__copy_fail(copy, request->result, &request->error);
    else
        memcpy(copy->upload_id, copy->asked.create.upload_id, sizeof copy->upload_id);
    copy->phase = HR__COPY_PARTS;
    step(copy);
}

static void create(struct hr__copy *copy) {
    const struct hr_s3_transfer_copy *user = copy->user;
    bool replaces = user->replace_metadata;
    clear(copy, HR__COPY_CREATING);
    struct hr_s3_upload_create *ask = &copy->asked.create;
    ask->bucket = user->bucket;
    ask->key = user->key;
    ask->content_type = user->content_type;
    ask->metadata = user->metadata;
    ask->metadata_count = user->metadata_count;
    ask->fields = replaces ? user->fields : copy->source.fields;
    ask->field_count = replaces ? user->field_count : copy->source.field_count;
    ask->options = user->options;
    if (!user->replace_tags) {
        ask->options.tags = copy->source.tags;
        ask->options.tag_count = copy->source.tag_count;
    }
    ask->checksum_algorithm = user->checksum_algorithm;
    ask->checksum_type = copy->type;
    begin(copy, HR__S3_UPLOAD_CREATE, on_created);
    step(copy);
}

/* A store that has no tags says so in one of these ways. */
static bool knows_no_tags(const struct hr_error *error) {
    return error->http_status == 501 || strcmp(error->service_code, "NotImplemented") == 0 ||
           strcmp(error->service_code, "NoSuchTagSet") == 0;
}

static int on_tag(struct hr_s3_tags_get *get, const struct hr_s3_tag *tag) {
    struct hr__copy *copy = get->request.user;
    return hr__copy_source_add_tag(&copy->source, tag);
}

static int check_tags(const struct hr__copy *copy, struct hr_error *error) {
    uint32_t tags = copy->asked.tags.tags;
    if (tags <= HR_S3_TAGS_MAX) return 0;
    return hr_error_set(error, HR_ERR_S3_RESPONSE,
                        "the source has %u tags, a copy takes %d: give some with replace_tags",
                        tags, HR_S3_TAGS_MAX);
}

static void on_tags(struct hr_request *request) {
    struct hr__copy *copy = request->user;
    hr__copy_count(copy, request);
    int result = request->result;
    if (result < 0 && knows_no_tags(&request->error)) result = 0;
    if (result == 0) result = check_tags(copy, &request->error);
    if (result < 0) hr__copy_fail(copy, result, &request->error);
    if (copy->failure)
        fail_step(copy);
    else
        create(copy);
}

static void ask_tags(struct hr__copy *copy) {
    const struct hr_s3_transfer_copy *user = copy->user;
    clear(copy, HR__COPY_TAGGING);
    struct hr_s3_tags_get *ask = &copy->asked.tags;
    ask->bucket = user->source.bucket;
    ask->key = user->source.key;
    ask->version_id = user->source.version_id;
    ask->request_payer = user->options.request_payer;
    ask->expected_owner = user->source.expected_owner;
    ask->on_tag = on_tag;
    begin(copy, HR__S3_TAGS_GET, on_tags);
    step(copy);
}

static int open_parts(struct hr__copy *copy) {
    struct hr_error *error = &copy->user->request.error;
    if (!hr__copy_has_etag(copy))
        return hr_error_set(error, HR_ERR_S3_RESPONSE,
                            "the store names no ETag of the source, or a weak one, so that parts "
                            "of it could not be told from another object's");
    if (copy->source.hidden && !copy->user->replace_metadata)
        return hr_error_set(error, HR_ERR_S3_RESPONSE,
                            "the source has %" PRIu64 " values of metadata that no header field "
                            "can hold: give the metadata with replace_metadata",
                            copy->source.hidden);
    return hr__copy_parts_open(copy);
}

static void begin_parts(struct hr__copy *copy) {
    int err = open_parts(copy);
    if (err) {
        hr__copy_fail(copy, err, NULL);
        fail_step(copy);
    } else if (copy->user->replace_tags) {
        create(copy);
    } else {
        ask_tags(copy);
    }
}

/* ---- In one piece. */

static bool has_conditions(const struct hr_s3_transfer_copy *user) {
    return user->conditions.if_match || user->conditions.if_none_match;
}

static void on_whole(struct hr_request *request) {
    struct hr__copy *copy = request->user;
    struct hr_s3_transfer_copy *user = copy->user;
    const struct hr_s3_copy *asked = &copy->asked.whole;
    hr__copy_count(copy, request);
    int result = request->result;
    if (result == HR_ERR_S3_PRECONDITION && !has_conditions(user))
        result = hr__copy_changed(&request->error);
    if (result < 0) {
        hr__copy_fail(copy, result, &request->error);
    } else {
        memcpy(user->etag, asked->etag, sizeof user->etag);
        memcpy(user->version_id, asked->version_id, sizeof user->version_id);
        user->checksum = asked->checksum;
        copy->failure = 0; /* a cancel has come too late */
        hr__copy_progress(copy, user->source_info.size_bytes);
    }
    finish(copy);
}

static void copy_whole(struct hr__copy *copy) {
    clear(copy, HR__COPY_WHOLE);
    struct hr_s3_copy *ask = &copy->asked.whole;
    hr__copy_describe(copy->user, ask);
    ask->source = hr__copy_source_now(copy);
    begin(copy, HR__S3_COPY, on_whole);
    if (copy->failure) fail_step(copy);
}

/* ---- The look at the source. */

static int on_head(struct hr_s3_head *head, const struct hr_http_head *response) {
    struct hr__copy *copy = head->request.user;
    const struct hr_s3_transfer_copy *user = copy->user;
    return hr__copy_source_keep(&copy->source, response, user->fields, user->field_count);
}

static void on_looked(struct hr_request *request) {
    struct hr__copy *copy = request->user;
    struct hr_s3_transfer_copy *user = copy->user;
    hr__copy_count(copy, request);
    int result = request->result;
    if (result == HR_ERR_S3_NOT_MODIFIED)
        result = hr_error_set(&request->error, HR_ERR_S3_PRECONDITION,
                              "a condition of the source is not met");
    if (result < 0) hr__copy_fail(copy, result, &request->error);
    if (copy->failure) {
        fail_step(copy);
        return;
    }
    user->source_info = copy->asked.head.info;
    bool known = !user->source_info.size_unknown;
    uint64_t size = user->source_info.size_bytes;
    user->progress.size_bytes = known ? size : HR_SIZE_UNKNOWN;
    if (known && size > (user->threshold ? user->threshold : HR_S3_COPY_WHOLE_MAX))
        begin_parts(copy);
    else
        copy_whole(copy);
}

static void look(struct hr__copy *copy) {
    const struct hr_s3_transfer_copy *user = copy->user;
    clear(copy, HR__COPY_LOOKING);
    struct hr_s3_head *ask = &copy->asked.head;
    ask->bucket = user->source.bucket;
    ask->key = user->source.key;
    ask->options.version_id = user->source.version_id;
    ask->options.conditions = user->source.conditions;
    ask->options.customer_key = user->source.customer_key;
    ask->options.request_payer = user->options.request_payer;
    ask->options.expected_owner = user->source.expected_owner;
    ask->on_head = on_head;
    begin(copy, HR__S3_HEAD, on_looked);
    if (copy->failure) fail_step(copy);
}

/* ---- The request's class. */

static enum hr_s3_checksum_type type_of(const struct hr_s3_transfer_copy *user) {
    const struct hr_s3_checksum_traits *traits = hr_s3_checksum_traits_of(user->checksum_algorithm);
    if (!user->checksum_algorithm || user->checksum_type) return user->checksum_type;
    return traits->full_object ? HR_S3_CHECKSUM_FULL_OBJECT : traits->type;
}

static void class_start(struct hr_request *request) {
    struct hr_s3_transfer_copy *user =
        hr__container_of(request, struct hr_s3_transfer_copy, request);
    unsigned slots =
        user->transfer.parallel ? user->transfer.parallel : HR_S3_TRANSFER_PARALLEL_USUAL;
    user->etag[0] = user->version_id[0] = user->upload_id_left[0] = 0;
    memset(&user->source_info, 0, sizeof user->source_info);
    memset(&user->checksum, 0, sizeof user->checksum);
    user->progress = (struct hr_s3_progress){.size_bytes = HR_SIZE_UNKNOWN};
    struct hr__copy *copy = calloc(1, sizeof *copy + slots * sizeof copy->slots[0]);
    if (!copy) {
        hr__request_finish(request, -ENOMEM);
        return;
    }
    user->call_ = copy;
    copy->user = user;
    copy->client = request->private_.owner;
    copy->type = type_of(user);
    copy->step = step;
    copy->slot_count = slots;
    look(copy);
}

/* An upload that was created is aborted also where the time is over. */
static void class_stop(struct hr_request *request, int reason) {
    struct hr__copy *copy = of(request);
    hr__copy_fail(copy, reason, NULL);
    if (copy->phase != HR__COPY_ABORTING) fail_step(copy);
}

static const struct hr_request_class copy_class = {.name = "s3 transfer copy",
                                                   .start = class_start,
                                                   .stop = class_stop,
                                                   .ended = hr__s3_call_ended};

/* ---- The start. */

int hr_s3_transfer_copy_start(hr_s3_client *client, struct hr_s3_transfer_copy *copy) {
    if (!copy) return -EINVAL;
    const struct hr__s3_given given = {client, copy->bucket, copy->key, copy->reserved};
    int err = hr__s3_check_given(&copy->request, &given);
    if (!err) err = hr__copy_check(copy);
    return err ? err : hr__s3_submit(client, &copy_class, &copy->request, copy->bucket);
}
