/* Requests to sign: the canonical request keeps its number of lines whatever is in them, and
 * signing and its steps agree. */
#include <errno.h>
#include <stdlib.h>

#include <headrace/sigv4.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds) abort();
}

/* The next part of the input, up to a line feed or NUL. */
static struct hr_slice next(struct hr_slice *rest, char stop) {
    const char *end = rest->size ? memchr(rest->data, stop, rest->size) : NULL;
    size_t size = end ? (size_t)(end - rest->data) : rest->size;
    struct hr_slice part = hr_slice_bytes(rest->data, size);
    size_t skip = end ? size + 1 : size;
    *rest = hr_slice_bytes(rest->data + skip, rest->size - skip);
    return part;
}

static size_t count(struct hr_slice text, char byte) {
    size_t found = 0;
    for (size_t i = 0; i < text.size; i++) found += text.data[i] == byte;
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char text[HR_SIGV4_CANONICAL_MAX], authorization[HR_SIGV4_CANONICAL_MAX];
    if (size == 0) return 0;
    struct hr_slice rest = hr_slice_bytes((const char *)data + 1, size - 1);
    struct hr_sigv4_credentials credentials = {hr_slice_of("AK"), hr_slice_of("SK"), {NULL, 0}};
    struct hr_sigv4_options options = {
        .region = hr_slice_of("us-east-1"),
        .time_s = 1369353600,
        .normalize_path = data[0] & 1,
        .double_uri_encode = (data[0] & 2) != 0,
        .add_content_sha256 = (data[0] & 4) != 0,
        .as_given = (data[0] & 8) != 0,
    };
    struct hr_http_field fields[16] = {{hr_slice_of("Host"), hr_slice_of("h")}};
    struct hr_sigv4_request request = {.method = hr_slice_of("GET"), .fields = fields};
    request.path = next(&rest, 0);
    request.query = next(&rest, 0);
    for (request.field_count = 1; request.field_count < 16 && rest.size > 0;
         request.field_count++) {
        fields[request.field_count].name = next(&rest, 0);
        fields[request.field_count].value = next(&rest, 0);
    }
    size_t text_size = 0;
    int err =
        hr_sigv4_canonical_request(&credentials, &options, &request, text, sizeof text, &text_size);
    hr_sigv4_signer *signer;
    if (hr_sigv4_signer_new(&signer)) return 0;
    struct hr_sigv4_result result;
    int sign_err = hr_sigv4_sign(signer, &credentials, &options, &request, authorization,
                                 sizeof authorization, &result);
    check(!err == !sign_err);
    if (!err) {
        /* Method, path, query, each name once, an empty line, the names, the hash. */
        struct hr_slice canonical = hr_slice_bytes(text, text_size);
        const char *names = memmem(text, text_size, "\n\n", 2);
        struct hr_slice list;
        for (const char *at = names; at;
             at = memmem(at + 1, (size_t)(text + text_size - at - 1), "\n\n", 2))
            names = at; /* an empty query has one too */
        check(names != NULL);
        list = hr_slice_bytes(names + 2, (size_t)(text + text_size - names - 2));
        list = next(&list, '\n');
        check(count(canonical, '\n') == 3 + count(list, ';') + 1 + 2);
        check(result.size > 64);
        check(memmem(authorization, result.size, list.data, list.size) != NULL);
    }
    /* Presigned, the same request is signed as its canonical request says. */
    options.expires_s = 60;
    err =
        hr_sigv4_canonical_request(&credentials, &options, &request, text, sizeof text, &text_size);
    sign_err = hr_sigv4_presign(signer, &credentials, &options, &request, authorization,
                                sizeof authorization, &result);
    check(!err == !sign_err || sign_err == -ENOBUFS);
    if (!err) check(memmem(text, text_size, "X-Amz-Expires=60", 16) != NULL);
    hr_sigv4_signer_free(signer);
    return 0;
}
