/* Presigned POSTs. */
#include <errno.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include <headrace/clock.h>

#include "post_policy.h"
#include "s3_call.h"
#include "s3_rows.h"

#define POST_MEMORY 65536

struct memory {
    char text[POST_MEMORY];
    struct hr_s3_metadata fields[HR_S3_POST_FIELDS_MAX + HR__POST_OWN_FIELDS];
};

/* A form in the making: where it goes, and who signs it when. */
struct making {
    const struct hr_s3_post_options *options;
    const struct hr__endpoint *endpoint;
    const struct hr_sigv4_credentials *keys;
    int64_t skew_s;
};

static int fill(const struct making *making, const struct hr__s3_parameters *parameters,
                struct memory *memory, struct hr_s3_post *post) {
    struct hr__s3_message message;
    int err =
        hr__s3_write(parameters, making->endpoint, memory->text, HR__S3_MESSAGE_NEXT, &message);
    if (err) return err;
    struct hr__post_form form = {
        .fields = memory->fields,
        .text = hr__writer(message.text.at, (size_t)(memory->text + POST_MEMORY - message.text.at)),
    };
    struct hr__post_signing signing = {
        .credentials = making->keys,
        .region = hr_slice_of(making->endpoint->region),
        .time_s = (uint64_t)((int64_t)(hr_clock_wall_ns() / 1000000000u) + making->skew_s),
    };
    err = hr__post_fill(making->options, &signing, &form);
    if (err) return err;
    *post = (struct hr_s3_post){
        .url = message.url.data,
        .fields = form.fields,
        .field_count = form.field_count,
        .memory_ = memory,
    };
    return 0;
}

static int make(const struct making *making, struct hr_s3_post *post) {
    struct hr__s3_parameters bucket = {.operation = &hr__s3_rows[HR__S3_BUCKET_HEAD].operation,
                                       .bucket = hr_slice_of(making->options->bucket)};
    struct memory *memory = malloc(sizeof *memory);
    if (!memory) return -ENOMEM;
    int err = fill(making, &bucket, memory, post);
    if (err) {
        OPENSSL_cleanse(memory, sizeof *memory);
        free(memory);
    }
    return err;
}

int hr_s3_presign_post(hr_s3_client *client, const struct hr_s3_post_options *options,
                       struct hr_s3_post *post) {
    int err = client && options && post ? hr__post_check(options) : -EINVAL;
    if (err) return err;
    if (client->anonymous) return HR_ERR_S3_CREDENTIALS;
    struct hr__s3_parameters named = {.operation = &hr__s3_rows[HR__S3_GET].operation,
                                      .bucket = hr_slice_of(options->bucket),
                                      .key = hr_slice_of(options->key)};
    struct hr__s3_place_key key = {.bucket = named.bucket};
    struct hr__s3_place *place = NULL;
    struct hr__credentials *keys;
    err = hr__s3_check(&named, NULL);
    if (!err) err = hr__credentials_cache_copy(client->credentials, &keys);
    if (err) return err;
    err = hr__s3_place_acquire(&client->places, &client->endpoint, &key, NULL, &place);
    struct making making = {
        .options = options,
        .endpoint = place ? &place->endpoint : &client->endpoint,
        .keys = &keys->keys,
        .skew_s = atomic_load(place ? &place->skew_s : &client->skew_s),
    };
    if (!err) err = make(&making, post);
    hr__s3_place_release(place);
    hr__credentials_release(keys);
    return err;
}

void hr_s3_post_deinit(struct hr_s3_post *post) {
    if (!post || !post->memory_) return;
    OPENSSL_cleanse(post->memory_, sizeof(struct memory));
    free(post->memory_);
    *post = (struct hr_s3_post){.url = NULL};
}
