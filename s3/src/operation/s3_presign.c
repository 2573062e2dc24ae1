/* Presigned URLs, which need no request. */
#include <errno.h>
#include <stdlib.h>

#include <base/reserved.h>
#include <openssl/crypto.h>

#include "s3_grant.h"

static bool method_known(const char *method) {
    static const char *const methods[] = {"GET", "PUT", "HEAD", "DELETE"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (strcmp(method, methods[i]) == 0) return true;
    return false;
}

static const char *method_of(const struct hr_s3_presign_options *options) {
    return options->method ? options->method : "GET";
}

/* The token of a session has a parameter of its own. */
static struct hr_slice session_query(const struct hr__s3_grant *grant, struct hr__writer *out) {
    const char *begin = out->at;
    hr__put_text(out, "X-Amz-S3session-Token=");
    hr__put_percent(out, grant->credentials->session_token, HR_PERCENT_STRICT);
    return hr_slice_bytes(begin, (size_t)(out->at - begin));
}

static int sign(const struct hr__s3_grant *grant, const struct hr_s3_presign_options *wanted,
                struct hr__s3_message *message, hr_sigv4_signer *signer, struct hr__writer *url) {
    struct hr_sigv4_options options = {
        .expires_s = wanted->expires_s,
        .region = hr_slice_of(grant->endpoint->region),
        .service = hr_slice_of(grant->endpoint->service),
        .time_s = grant->time_s,
    };
    struct hr_slice query = {NULL, 0};
    struct hr_sigv4_credentials keys = *grant->credentials;
    if (grant->session) {
        query = session_query(grant, &message->text);
        keys.session_token = (struct hr_slice){NULL, 0}; /* stands in the query */
    }
    if (message->text.full) return -ENOBUFS;
    struct hr_sigv4_request request = {
        .method = hr_slice_of(method_of(wanted)),
        .path = message->parts.path,
        .query = query,
        .payload_hash = hr_slice_of("UNSIGNED-PAYLOAD"),
        .fields = message->fields,
        .field_count = message->field_count,
    };
    hr__put_slice(url, message->url);
    hr__put_byte(url, '?');
    if (url->full) return -ENOBUFS;
    struct hr_sigv4_result result;
    int err = hr_sigv4_presign(signer, &keys, &options, &request, url->at,
                               (size_t)(url->end - url->at), &result);
    if (err) return err;
    url->at += result.size;
    hr__put_byte(url, 0);
    return url->full ? -ENOBUFS : 0;
}

static int write_and_sign(const struct hr__s3_grant *grant,
                          const struct hr_s3_presign_options *wanted, struct hr__writer *url) {
    struct hr__s3_message message;
    hr_sigv4_signer *signer = NULL;
    char *memory = malloc(HR__S3_MESSAGE_NEXT);
    if (!memory) return -ENOMEM;
    int err = hr_sigv4_signer_new(&signer);
    if (!err)
        err = hr__s3_write(&grant->parameters, grant->endpoint, memory, HR__S3_MESSAGE_NEXT,
                           &message);
    if (!err) err = sign(grant, wanted, &message, signer, url);
    hr_sigv4_signer_free(signer);
    OPENSSL_cleanse(memory, HR__S3_MESSAGE_NEXT); /* the token of a session */
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
    struct hr__s3_grant grant;
    int err = hr__s3_grant_open(client, options->bucket, options->key, &grant);
    if (err) return err;
    struct hr__writer out = hr__writer(url, capacity);
    err = write_and_sign(&grant, options, &out);
    hr__s3_grant_close(&grant);
    return err;
}
