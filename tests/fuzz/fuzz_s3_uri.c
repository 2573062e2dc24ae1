/* S3 URIs, and what a bucket and key become on the wire: a path that decodes to the key, and never
 * a byte that could end the request line. */
#include <errno.h>
#include <stdlib.h>

#include <headrace/s3.h>

#include "s3_row.h"
#include "s3_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds) abort();
}

static int hex(char digit) {
    return digit <= '9' ? digit - '0' : digit - 'A' + 10;
}

static void check_key(struct hr_slice path, struct hr_slice key) {
    size_t at = 0;
    for (size_t i = 0; i < key.size; i++) {
        check(at < path.size);
        unsigned char byte = (unsigned char)path.data[at++];
        if (byte == '%') {
            check(at + 2 <= path.size);
            byte = (unsigned char)(hex(path.data[at]) << 4 | hex(path.data[at + 1]));
            at += 2;
        }
        check(byte == (unsigned char)key.data[i]);
    }
    check(at == path.size);
}

/* Parts of a URI are put together as it was; the scheme's letters may have been capitals. */
static void check_format(const struct hr_s3_uri *uri, struct hr_slice text) {
    char *made = malloc(text.size + 1);
    size_t size;
    check(hr_s3_format_uri(uri, made, text.size, &size) == -ENOBUFS);
    check(hr_s3_format_uri(uri, made, text.size + 1, &size) == 0 && size == text.size);
    check(memcmp(made + 5, text.data + 5, size - 5) == 0 && made[size] == 0);
    free(made);
}

static void check_message(struct hr_slice bucket, struct hr_slice key, const char *endpoint_text) {
    static _Alignas(16) char memory[16384];
    struct hr__s3_parameters parameters = {
        .operation = &hr__s3_rows[HR__S3_GET].operation, .bucket = bucket, .key = key};
    struct hr__endpoint endpoint;
    struct hr__s3_message message;
    if (hr__s3_check(&parameters, NULL)) return;
    struct hr__endpoint_settings settings = {
        .url = endpoint_text, .source = "endpoint", .region = "us-east-1"};
    check(hr__endpoint_make(&settings, NULL, &endpoint) == 0);
    check(hr__s3_write(&parameters, &endpoint, memory, sizeof memory, &message) == 0);
    for (size_t i = 0; i < message.url.size; i++)
        check(message.url.data[i] > ' ' && message.url.data[i] < 0x7f &&
              message.url.data[i] != '?');
    struct hr_slice path = message.parts.path;
    struct hr_url url;
    check(hr_url_parse(message.url, NULL, &url) == 0 && url.port == message.parts.port);
    check(hr_slice_equal(url.host, message.parts.host) && hr_slice_equal(url.path, path));
    check(path.data[0] == '/');
    if (!hr__endpoint_virtual(&endpoint, bucket)) {
        const char *slash = memchr(path.data + 1, '/', path.size - 1);
        check(slash != NULL);
        check_key(hr_slice_bytes(path.data + 1, (size_t)(slash - path.data - 1)), bucket);
        path = hr_slice_bytes(slash, path.size - (size_t)(slash - path.data));
    } else {
        check(message.parts.authority.size > bucket.size &&
              memcmp(message.parts.authority.data, bucket.data, bucket.size) == 0);
    }
    check_key(hr_slice_bytes(path.data + 1, path.size - 1), key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *exact = malloc(size > 0 ? size : 1);
    if (size > 0) memcpy(exact, data, size);
    struct hr_s3_uri uri;
    if (hr_s3_parse_uri(hr_slice_bytes(exact, size), &uri) == 0) {
        struct hr_slice bucket = uri.bucket, key = uri.key;
        check(bucket.size > 0 && key.size > 0 && bucket.size + key.size + 6 == size);
        check_format(&uri, hr_slice_bytes(exact, size));
        check_message(bucket, key, "http://127.0.0.1:9000");
        check_message(bucket, key, "http://{bucket}.store.example");
    }
    free(exact);
    return 0;
}
