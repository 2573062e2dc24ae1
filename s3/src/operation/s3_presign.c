/* Presigned URLs, which need no request. */
#include <errno.h>
#include <stdlib.h>

#include <base/reserved.h>
#include <headrace/clock.h>

#include "s3_call.h"
#include "s3_rows.h"

static bool method_known(const char *method) {
    static const char *const methods[] = {"GET", "PUT", "HEAD", "DELETE"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (strcmp(method, methods[i]) == 0) return true;
    return false;
}

static const char *method_of(const struct hr_s3_presign_options *options) {
    return options->method ? options->method : "GET";
}

/* One URL in the making. */
struct presign {
    const struct hr_s3_presign_options *options;
    const struct hr__endpoint *endpoint;
    const struct hr_sigv4_credentials *keys;
    int64_t skew_s;
    hr_sigv4_signer *signer;
};

static int sign(const struct presign *work, const struct hr__s3_message *message,
                struct hr__writer *url) {
    struct hr_sigv4_options options = {
        .expires_s = work->options->expires_s,
        .region = hr_slice_of(work->endpoint->region),
        .service = hr_slice_of(work->endpoint->service),
        .time_s = (uint64_t)((int64_t)(hr_clock_wall_ns() / 1000000000u) + work->skew_s),
    };
    struct hr_sigv4_request request = {
        .method = hr_slice_of(method_of(work->options)),
        .path = message->parts.path,
        .fields = message->fields,
        .field_count = message->field_count,
    };
    hr__put_slice(url, message->url);
    hr__put_byte(url, '?');
    if (url->full) return -ENOBUFS;
    struct hr_sigv4_result result;
    int err = hr_sigv4_presign(work->signer, work->keys, &options, &request, url->at,
                               (size_t)(url->end - url->at), &result);
    if (err) return err;
    url->at += result.size;
    hr__put_byte(url, 0);
    return url->full ? -ENOBUFS : 0;
}

static int write_and_sign(struct presign *work, const struct hr__s3_parameters *parameters,
                          struct hr__writer *url) {
    struct hr__s3_message message;
    char *memory = malloc(HR__S3_MESSAGE_NEXT);
    if (!memory) return -ENOMEM;
    int err = hr_sigv4_signer_new(&work->signer);
    if (!err) err = hr__s3_write(parameters, work->endpoint, memory, HR__S3_MESSAGE_NEXT, &message);
    if (!err) err = sign(work, &message, url);
    hr_sigv4_signer_free(work->signer);
    free(memory);
    return err;
}

static bool are_usable(const hr_s3_client *client, const struct hr_s3_presign_options *options,
                       const char *url) {
    return client && options && options->bucket && options->key && url &&
           method_known(method_of(options)) &&
           hr__is_zero(options->reserved, sizeof options->reserved);
}

int hr_s3_presign(hr_s3_client *client, const struct hr_s3_presign_options *options, char *url,
                  size_t capacity) {
    if (!are_usable(client, options, url)) return -EINVAL;
    if (client->anonymous) return HR_ERR_S3_CREDENTIALS;
    struct hr__s3_parameters parameters = {.operation = &hr__s3_rows[HR__S3_GET].operation,
                                           .bucket = hr_slice_of(options->bucket),
                                           .key = hr_slice_of(options->key)};
    struct hr__s3_place_key key = {.bucket = parameters.bucket};
    struct hr__s3_place *place = NULL;
    struct hr__credentials *keys;
    int err = hr__s3_check(&parameters, NULL);
    if (!err) err = hr__credentials_cache_copy(client->credentials, &keys);
    if (err) return err;
    err = hr__s3_place_acquire(&client->places, &client->endpoint, &key, NULL, &place);
    struct presign work = {
        .options = options,
        .endpoint = place ? &place->endpoint : &client->endpoint,
        .keys = &keys->keys,
        .skew_s = atomic_load(place ? &place->skew_s : &client->skew_s),
    };
    struct hr__writer out = hr__writer(url, capacity);
    if (!err) err = write_and_sign(&work, &parameters, &out);
    hr__s3_place_release(place);
    hr__credentials_release(keys);
    return err;
}
