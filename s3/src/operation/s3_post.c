/* Presigned POSTs. */
#include <errno.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include "post_policy.h"
#include "s3_grant.h"
#include "s3_rows.h"

#define POST_MEMORY 65536

struct memory {
    char text[POST_MEMORY];
    struct hr_s3_metadata fields[HR_S3_POST_FIELDS_MAX + HR__POST_OWN_FIELDS];
};

static int fill(const struct hr__s3_grant *grant, const struct hr_s3_post_options *options,
                struct memory *memory, struct hr_s3_post *post) {
    struct hr__s3_parameters bucket = {.operation = &hr__s3_rows[HR__S3_BUCKET_HEAD].operation,
                                       .bucket = grant->parameters.bucket};
    struct hr__s3_message message;
    int err = hr__s3_write(&bucket, grant->endpoint, memory->text, HR__S3_MESSAGE_NEXT, &message);
    if (err) return err;
    struct hr__post_form form = {
        .fields = memory->fields,
        .text = hr__writer(message.text.at, (size_t)(memory->text + POST_MEMORY - message.text.at)),
    };
    struct hr__post_signing signing = {
        .credentials = grant->credentials,
        .region = hr_slice_of(grant->endpoint->region),
        .time_s = grant->time_s,
    };
    err = hr__post_fill(options, &signing, &form);
    if (err) return err;
    *post = (struct hr_s3_post){
        .url = message.url.data,
        .fields = form.fields,
        .field_count = form.field_count,
        .memory_ = memory,
    };
    return 0;
}

static int make(const struct hr__s3_grant *grant, const struct hr_s3_post_options *options,
                struct hr_s3_post *post) {
    struct memory *memory = malloc(sizeof *memory);
    if (!memory) return -ENOMEM;
    int err = fill(grant, options, memory, post);
    if (err) {
        OPENSSL_cleanse(memory, sizeof *memory);
        free(memory);
    }
    return err;
}

int hr_s3_presign_post(hr_s3_client *client, const struct hr_s3_post_options *options,
                       struct hr_s3_post *post) {
    struct hr__s3_grant grant;
    int err = client && options && post ? hr__post_check(options) : -EINVAL;
    if (!err) err = hr__s3_grant_open(client, options->bucket, options->key, &grant);
    if (err) return err;
    err = grant.session ? HR_ERR_S3_BUCKET_INVALID : make(&grant, options, post);
    hr__s3_grant_close(&grant);
    return err;
}

void hr_s3_post_deinit(struct hr_s3_post *post) {
    if (!post || !post->memory_) return;
    OPENSSL_cleanse(post->memory_, sizeof(struct memory));
    free(post->memory_);
    *post = (struct hr_s3_post){.url = NULL};
}
