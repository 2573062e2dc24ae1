/* The check of an operation's parameters, and its request as text. */
#include "operations.h"

#include <errno.h>

#include <net/chars.h>

#include "digest.h"
#include "sigv4_canonical.h"
#include "sigv4_scope.h"

#define SIGNING_FIELDS 4 /* what hr__s3_sign adds */
#define SDK_FIELDS     2 /* what hr__invocation_add adds */
#define OWN_FIELDS     7 /* Host, Range, Content-Type, If-Match; of the body checksum, size, coding */

bool hr__s3_status_good(const struct hr__s3_operation *operation, int status) {
    for (size_t i = 0; i < 3 && operation->statuses[i]; i++)
        if (operation->statuses[i] == status) return true;
    return !operation->statuses[0] && status >= 200 && status <= 299;
}

/* Fields that this client or the HTTP client below writes. */
static bool is_ours(struct hr_slice name) {
    static const char *const ours[] = {"authorization",
                                       "connection",
                                       "content-length",
                                       "expect",
                                       "host",
                                       "range",
                                       "transfer-encoding",
                                       "x-amz-content-sha256",
                                       "x-amz-date",
                                       "x-amz-decoded-content-length",
                                       "x-amz-s3session-token",
                                       "x-amz-security-token",
                                       "x-amz-trailer"};
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (hr_slice_equal_nocase(name, hr_slice_of(ours[i]))) return true;
    return false;
}

static bool is_printable(struct hr_slice text) {
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] < ' ' || (unsigned char)text.data[i] > '~') return false;
    return true;
}

static int refuse_field(struct hr_error *error, const char *what, struct hr_slice name,
                        const char *why) {
    return hr_error_set(error, HR_ERR_HEADER_INVALID, "%s \"%.*s\" %s", what,
                        (int)(name.size < 80 ? name.size : 80), name.size ? name.data : "", why);
}

static int check_metadata(const struct hr__s3_parameters *parameters, struct hr_error *error) {
    for (size_t i = 0; i < parameters->metadata_count; i++) {
        struct hr_http_field field = {hr_slice_of(parameters->metadata[i].name),
                                      hr_slice_of(parameters->metadata[i].value)};
        struct hr_http_field named = {field.name, hr_slice_bytes("", 0)};
        if (!hr__canonical_field_valid(&named))
            return refuse_field(error, "metadata name", field.name, "is no header field name");
        /* S3 keeps metadata as header fields, which have no encoding beyond ASCII. */
        if (!is_printable(field.value))
            return refuse_field(error, "the value of metadata", field.name,
                                "is not printable ASCII; encode it (base64, percent)");
        if (!hr__http1_is_field_value(field.value))
            return refuse_field(error, "the value of metadata", field.name,
                                "has a blank at an end, which a store would take away");
    }
    return 0;
}

/* Whether an option of the request writes the field. */
static bool is_set(const struct hr__s3_parameters *parameters, struct hr_slice name) {
    const struct hr__s3_details *details = parameters->details;
    for (size_t i = 0; details && i < details->field_count; i++)
        if (hr_slice_equal_nocase(name, details->fields[i].name)) return true;
    return false;
}

static size_t count_fields(const struct hr__s3_parameters *parameters) {
    return parameters->field_count + parameters->metadata_count + parameters->checksum_mode +
           (parameters->details ? parameters->details->field_count : 0);
}

static int check_fields(const struct hr__s3_parameters *parameters, struct hr_error *error) {
    for (size_t i = 0; i < parameters->field_count; i++) {
        const struct hr_http_field *field = &parameters->fields[i];
        if (!hr__http1_is_token(field->name))
            return refuse_field(error, "header field", field->name, "is no RFC 9110 token");
        if (!hr__http1_is_field_value(field->value))
            return refuse_field(error, "header field", field->name,
                                "has a control character in its value, or a blank at an end");
        if (is_ours(field->name))
            return refuse_field(error, "header field", field->name, "is written by the client");
        if (parameters->content_type.size > 0 &&
            hr_slice_equal_nocase(field->name, hr_slice_of("content-type")))
            return refuse_field(error, "header field", field->name,
                                "is given twice: content_type is set");
        if (is_set(parameters, field->name))
            return refuse_field(error, "header field", field->name,
                                "is given twice: an option of the request writes it");
    }
    if (count_fields(parameters) + OWN_FIELDS + SIGNING_FIELDS > HR_SIGV4_FIELDS_MAX)
        return hr_error_set(error, HR_ERR_HEADER_INVALID,
                            "%zu header fields and metadata are more than the limit of %d",
                            count_fields(parameters),
                            HR_SIGV4_FIELDS_MAX - OWN_FIELDS - SIGNING_FIELDS);
    if (!is_printable(parameters->content_type) ||
        !hr__http1_is_field_value(parameters->content_type))
        return refuse_field(error, "content_type", parameters->content_type,
                            "is not printable ASCII without a blank at an end");
    return 0;
}

int hr__s3_check(const struct hr__s3_parameters *parameters, struct hr_error *error) {
    const struct hr__s3_operation *operation = parameters->operation;
    int err = 0;
    if (operation->bucket) err = hr__bucket_check(parameters->bucket, error);
    if (err) return err;
    if (operation->key && parameters->key.size == 0)
        return hr_error_set(error, HR_ERR_S3_KEY_INVALID, "the object key is empty");
    if (operation->key && parameters->key.size > HR__KEY_MAX)
        return hr_error_set(error, HR_ERR_S3_KEY_INVALID,
                            "the object key has %zu bytes, the limit is %d", parameters->key.size,
                            HR__KEY_MAX);
    if (parameters->ranged && parameters->range_last < parameters->range_first)
        return hr_error_set(error, -EINVAL, "range_last lies before range_first");
    err = check_metadata(parameters, error);
    return err ? err : check_fields(parameters, error);
}

static void put_parameter(struct hr__writer *out, char before, const struct hr_s3_query *one) {
    hr__put_byte(out, before);
    hr__put_percent(out, one->name, HR_PERCENT_STRICT);
    if (!one->value.data) return;
    hr__put_byte(out, '=');
    hr__put_percent(out, one->value, HR_PERCENT_STRICT);
}

/* Whether a GET that goes on has something else in place of it. */
static bool is_replaced(const struct hr__s3_parameters *parameters, struct hr_slice name,
                        const char *replaced) {
    return parameters->if_match.size > 0 && hr_slice_equal_nocase(name, hr_slice_of(replaced));
}

/* In the order of the names where there are several, so that signing has nothing to sort. */
static void put_query(const struct hr__s3_parameters *parameters, struct hr__writer *out) {
    const char *sub_resource = parameters->operation->sub_resource;
    const struct hr__s3_details *details = parameters->details;
    char before = '?';
    if (sub_resource) {
        hr__put_byte(out, before);
        hr__put_text(out, sub_resource);
        before = '&';
    }
    for (size_t i = 0; details && i < details->query_count; i++) {
        if (is_replaced(parameters, details->query[i].name, "partNumber")) continue;
        put_parameter(out, before, &details->query[i]);
        before = '&';
    }
    for (size_t i = 0; i < parameters->query_count; i++, before = '&')
        put_parameter(out, before, &parameters->query[i]);
}

static struct hr_slice between(const char *begin, const char *end) {
    return hr_slice_bytes(begin, (size_t)(end - begin));
}

static void put_url(const struct hr__s3_parameters *parameters, const struct hr__endpoint *endpoint,
                    struct hr__s3_message *message) {
    struct hr__writer *out = &message->text;
    struct hr_url *parts = &message->parts;
    char *url = out->at;
    hr__put_text(out, endpoint->tls ? "https://" : "http://");
    char *authority = out->at;
    hr__endpoint_put_host(endpoint, parameters->bucket, out);
    char *port = out->at;
    hr__put_text(out, endpoint->port_suffix);
    char *path = out->at;
    hr__endpoint_put_path(endpoint, parameters->bucket, out);
    if (parameters->key.size > 0) {
        hr__put_byte(out, '/');
        hr__put_percent(out, parameters->key, HR_PERCENT_PATH);
    } else if (out->at == path) {
        hr__put_byte(out, '/');
    }
    char *query = out->at;
    put_query(parameters, out);
    message->url = between(url, out->at);
    parts->tls = endpoint->tls;
    parts->ipv6 = endpoint->host[0] == '[';
    parts->port = endpoint->port;
    parts->host = parts->ipv6 ? between(authority + 1, port - 1) : between(authority, port);
    parts->authority = between(authority, path);
    parts->path = between(path, query);
    if (out->at > query) parts->query = between(query + 1, out->at);
    parts->target = between(path, out->at);
    hr__put_byte(out, 0);
}

/* The zone of an IPv6 address stands in the URL alone (RFC 6874 1). */
static void add_host(struct hr__s3_message *message) {
    struct hr_slice host = message->parts.authority, url = host;
    const char *zone = memchr(url.data, '%', url.size), *close = NULL;
    if (zone) close = memchr(zone, ']', url.size - (size_t)(zone - url.data));
    if (close) {
        char *begin = message->text.at;
        hr__put(&message->text, url.data, (size_t)(zone - url.data));
        hr__put(&message->text, close, url.size - (size_t)(close - url.data));
        host = between(begin, message->text.at);
    }
    hr__s3_add_field(message, "Host", host);
}

static void put_range(const struct hr__s3_parameters *parameters, struct hr__s3_message *message) {
    char *begin = message->text.at;
    hr__put_text(&message->text, "bytes=");
    hr__put_u64(&message->text, parameters->range_first);
    hr__put_byte(&message->text, '-');
    if (parameters->range_last != UINT64_MAX) hr__put_u64(&message->text, parameters->range_last);
    hr__s3_add_field(message, "Range", between(begin, message->text.at));
}

static void put_if_match(const struct hr__s3_parameters *parameters,
                         struct hr__s3_message *message) {
    char *begin = message->text.at;
    hr__put_byte(&message->text, '"');
    hr__put(&message->text, parameters->if_match.data, parameters->if_match.size);
    hr__put_byte(&message->text, '"');
    hr__s3_add_field(message, "If-Match", between(begin, message->text.at));
}

static void put_fields(const struct hr__s3_parameters *parameters, struct hr__s3_message *message,
                       const struct hr_http_field *fields, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!is_replaced(parameters, fields[i].name, "If-Match"))
            message->fields[message->field_count++] = fields[i];
}

static void put_metadata(const struct hr__s3_parameters *parameters,
                         struct hr__s3_message *message) {
    for (size_t i = 0; i < parameters->metadata_count; i++) {
        char *begin = message->text.at;
        hr__put_text(&message->text, "x-amz-meta-");
        hr__put_text(&message->text, parameters->metadata[i].name);
        message->fields[message->field_count++] = (struct hr_http_field){
            between(begin, message->text.at), hr_slice_of(parameters->metadata[i].value)};
    }
}

static struct hr_http_field *find_coding(const struct hr__s3_message *message) {
    for (size_t i = message->field_count; i-- > 0;)
        if (hr_slice_equal_nocase(message->fields[i].name, hr_slice_of("content-encoding")))
            return &message->fields[i];
    return NULL;
}

/* Behind the other codings, as the last that was applied. */
static void put_coding(struct hr__s3_message *message) {
    struct hr_http_field *field = find_coding(message);
    if (!field) {
        hr__s3_add_field(message, "Content-Encoding", hr_slice_of("aws-chunked"));
        return;
    }
    char *begin = message->text.at;
    hr__put_slice(&message->text, field->value);
    hr__put_text(&message->text, ",aws-chunked");
    field->value = between(begin, message->text.at);
}

static void put_body(const struct hr__s3_parameters *parameters, struct hr__s3_message *message) {
    if (parameters->checksum.name.size > 0)
        message->fields[message->field_count++] = parameters->checksum;
    if (!parameters->chunked) return;
    char *begin = message->text.at;
    hr__put_u64(&message->text, parameters->chunked_size);
    hr__s3_add_field(message, "x-amz-decoded-content-length", between(begin, message->text.at));
    put_coding(message);
}

int hr__s3_write(const struct hr__s3_parameters *parameters, const struct hr__endpoint *endpoint,
                 char *memory, size_t capacity, struct hr__s3_message *message) {
    size_t room = OWN_FIELDS + SIGNING_FIELDS + SDK_FIELDS + count_fields(parameters);
    size_t array = room * sizeof(struct hr_http_field);
    if (array > capacity) return -ENOBUFS;
    *message = (struct hr__s3_message){
        .fields = (struct hr_http_field *)(void *)memory,
        .field_room = room,
        .text = hr__writer(memory + array, capacity - array),
    };
    put_url(parameters, endpoint, message);
    add_host(message);
    if (parameters->ranged) put_range(parameters, message);
    if (parameters->content_type.size > 0)
        hr__s3_add_field(message, "Content-Type", parameters->content_type);
    if (parameters->checksum_mode)
        hr__s3_add_field(message, "x-amz-checksum-mode", hr_slice_of("ENABLED"));
    put_metadata(parameters, message);
    const struct hr__s3_details *details = parameters->details;
    if (parameters->if_match.size > 0) put_if_match(parameters, message);
    if (details) put_fields(parameters, message, details->fields, details->field_count);
    put_fields(parameters, message, parameters->fields, parameters->field_count);
    put_body(parameters, message);
    return message->text.full ? -ENOBUFS : 0;
}

int hr__s3_sign(const struct hr__s3_parameters *parameters, const struct hr__s3_signing *signing,
                struct hr__s3_message *message) {
    struct hr_slice hash =
        signing->payload_hash.size > 0 ? signing->payload_hash : hr_slice_of(HR__SHA256_EMPTY);
    struct hr_slice token = signing->credentials->session_token;
    if (token.size > 0 && !hr__http1_is_field_value(token)) return -EINVAL;
    if (signing->session) hr__s3_add_field(message, "x-amz-s3session-token", token);
    struct hr_sigv4_options options = {
        .region = signing->region,
        .service = signing->service,
        .time_s = signing->time_s,
        .add_content_sha256 = true,
        .omit_session_token = signing->session,
    };
    struct hr_sigv4_request request = {
        .method = hr_slice_of(parameters->operation->method),
        .path = message->parts.path,
        .query = message->parts.query,
        .fields = message->fields,
        .field_count = message->field_count,
        .payload_hash = hash,
    };
    struct hr__writer *out = &message->text;
    struct hr_sigv4_result result;
    int err = hr__sigv4_sign_checked(signing->signer, signing->credentials, &options, &request,
                                     out->at, (size_t)(out->end - out->at), &result);
    if (err) return err;
    struct hr_slice authorization = hr_slice_bytes(out->at, result.size);
    out->at += result.size;
    message->signature = hr_slice_bytes(out->at - HR_SIGV4_HEX_SIZE, HR_SIGV4_HEX_SIZE);
    char *date = out->at;
    hr__put(out, result.date, 16);
    if (out->full) return -ENOBUFS;
    hr__s3_add_field(message, "x-amz-date", hr_slice_bytes(date, 16));
    hr__s3_add_field(message, "x-amz-content-sha256", hash);
    if (token.size > 0 && !signing->session)
        hr__s3_add_field(message, "x-amz-security-token", token);
    hr__s3_add_field(message, "Authorization", authorization);
    return 0;
}
