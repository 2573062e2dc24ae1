/* Presigned URLs, which need no request. */
#include <errno.h>
#include <stdlib.h>

#include <base/reserved.h>
#include <openssl/crypto.h>

#include "s3_grant.h"
#include "sigv4_canonical.h"

static bool method_known(const char *method) {
    static const char *const methods[] = {"GET", "PUT", "HEAD", "DELETE"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (strcmp(method, methods[i]) == 0) return true;
    return false;
}

static const char *method_of(const struct hr_s3_presign_options *options) {
    return options->method ? options->method : "GET";
}

/* ---- The options. */

static bool is_among(struct hr_slice name, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (hr_slice_equal_nocase(name, hr_slice_of(names[i]))) return true;
    return false;
}

/* Parameters that the signature adds; a second one of that name would be another URL's. */
static bool is_signature(struct hr_slice name) {
    static const char *const names[] = {
        "X-Amz-Algorithm",     "X-Amz-Credential", "X-Amz-Date",           "X-Amz-Expires",
        "X-Amz-SignedHeaders", "X-Amz-Signature",  "X-Amz-Security-Token", "X-Amz-S3session-Token"};
    return is_among(name, names, sizeof names / sizeof names[0]);
}

static bool query_usable(const struct hr_s3_presign_options *options) {
    if (options->query_count > HR_S3_QUERY_COUNT_MAX || (options->query_count && !options->query))
        return false;
    for (size_t i = 0; i < options->query_count; i++)
        if (options->query[i].name.size == 0 || is_signature(options->query[i].name)) return false;
    return true;
}

/* The signature covers Host anyway, and a presigned URL has the others in its query. */
static bool is_ours(struct hr_slice name) {
    static const char *const names[] = {"Host", "X-Amz-Content-Sha256", "X-Amz-Date",
                                        "X-Amz-Security-Token", "X-Amz-S3session-Token"};
    return is_among(name, names, sizeof names / sizeof names[0]);
}

/* A field that no signature covers would promise what nobody checks. */
static int check_fields(const struct hr_s3_presign_options *options) {
    if (options->field_count && !options->fields) return -EINVAL;
    for (size_t i = 0; i < options->field_count; i++) {
        const struct hr_http_field *field = &options->fields[i];
        if (!hr__canonical_field_valid(field) || hr__canonical_never_signed(field->name) ||
            is_ours(field->name))
            return HR_ERR_HEADER_INVALID;
    }
    return 0;
}

static bool are_usable(const hr_s3_client *client, const struct hr_s3_presign_options *options,
                       const char *url) {
    return client && options && options->bucket && options->key && url &&
           method_known(method_of(options)) && query_usable(options) &&
           hr__is_zero(options->reserved, sizeof options->reserved);
}

/* ---- The URL. */

/* The request's own query; the token of a session has a parameter in it. */
static struct hr_slice query_of(const struct hr__s3_grant *grant, struct hr__s3_message *message) {
    struct hr_slice query = message->parts.query;
    struct hr__writer *out = &message->text;
    const char *begin = out->at;
    if (!grant->session) return query;
    hr__put_slice(out, query);
    if (query.size > 0) hr__put_byte(out, '&');
    hr__put_text(out, "X-Amz-S3session-Token=");
    hr__put_percent(out, grant->credentials->session_token, HR_PERCENT_STRICT);
    return hr_slice_bytes(begin, (size_t)(out->at - begin));
}

static struct hr_slice url_without_query(const struct hr__s3_message *message) {
    const struct hr_slice *path = &message->parts.path;
    return hr_slice_bytes(message->url.data, (size_t)(path->data + path->size - message->url.data));
}

static int sign(const struct hr__s3_grant *grant, const struct hr_s3_presign_options *wanted,
                struct hr__s3_message *message, hr_sigv4_signer *signer, struct hr__writer *url) {
    struct hr_sigv4_options options = {
        .expires_s = wanted->expires_s,
        .region = hr_slice_of(grant->endpoint->region),
        .service = hr_slice_of(grant->endpoint->service),
        .time_s = grant->time_s,
    };
    struct hr_sigv4_credentials keys = *grant->credentials;
    struct hr_slice query = query_of(grant, message);
    if (grant->session) keys.session_token = (struct hr_slice){NULL, 0}; /* stands in the query */
    if (message->text.full) return -EMSGSIZE; /* a larger `url` would not help */
    struct hr_sigv4_request request = {
        .method = hr_slice_of(method_of(wanted)),
        .path = message->parts.path,
        .query = query,
        .payload_hash = hr_slice_of("UNSIGNED-PAYLOAD"),
        .fields = message->fields,
        .field_count = message->field_count,
    };
    hr__put_slice(url, url_without_query(message));
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
    bool plain = wanted->query_count == 0 && wanted->field_count == 0;
    size_t size = plain ? HR__S3_MESSAGE_NEXT : HR__S3_MESSAGE_MAX;
    char *memory = malloc(size);
    if (!memory) return -ENOMEM;
    int err = hr_sigv4_signer_new(&signer);
    if (!err) err = hr__s3_write(&grant->parameters, grant->endpoint, memory, size, &message);
    if (err == -ENOBUFS && !plain) err = -EMSGSIZE;
    if (!err) err = sign(grant, wanted, &message, signer, url);
    hr_sigv4_signer_free(signer);
    OPENSSL_cleanse(memory, size); /* the token of a session */
    free(memory);
    return err;
}

static void use_options(const struct hr_s3_presign_options *options, struct hr__s3_grant *grant) {
    struct hr__s3_parameters *parameters = &grant->parameters;
    parameters->query = options->query;
    parameters->query_count = options->query_count;
    parameters->fields = options->fields;
    parameters->field_count = options->field_count;
}

int hr_s3_presign(hr_s3_client *client, const struct hr_s3_presign_options *options, char *url,
                  size_t capacity) {
    if (!are_usable(client, options, url)) return -EINVAL;
    struct hr__s3_grant grant;
    int err = check_fields(options);
    if (!err) err = hr__s3_grant_open(client, options->bucket, options->key, &grant);
    if (err) return err;
    struct hr__writer out = hr__writer(url, capacity);
    use_options(options, &grant);
    err = write_and_sign(&grant, options, &out);
    hr__s3_grant_close(&grant);
    return err;
}
