/* Query parameters that several operations share: numbers, the encoding of keys, tokens of pages.
 */
#include "store_call.h"

#include <errno.h>

#include <headrace/encode.h>
#include <headrace/text.h>

#define TOKEN_CHECK_SIZE 4 /* bytes of the check value in front */

enum s3_error s3_server__number_parameter(struct s3_call *call, const char *name,
                                          uint64_t otherwise, uint64_t most, uint64_t *value) {
    struct hr_slice text = s3_server__parameter(&call->request, name);
    *value = otherwise;
    if (text.size == 0) return S3_OK;
    int err = hr_text_u64(text, INT32_MAX, value);
    if (err < 0)
        return s3_server__refuse(call, S3_InvalidArgument,
                                 "Argument %s must be an integer between 0 and 2147483647", name);
    if (*value > most) *value = most;
    return S3_OK;
}

enum s3_error s3_server__encoding_parameter(struct s3_call *call, bool *url) {
    struct hr_slice text = s3_server__parameter(&call->request, "encoding-type");
    *url = hr_slice_equal(text, hr_slice_of("url"));
    if (text.size > 0 && !*url)
        return s3_server__refuse(call, S3_InvalidArgument,
                                 "Invalid Encoding Method specified in Request");
    return S3_OK;
}

/* A CRC allocates nothing, so that this cannot fail. */
static void token_check(struct hr_slice name, uint8_t check[TOKEN_CHECK_SIZE]) {
    struct hr_s3_checksum value = {0};
    (void)hr_s3_checksum_compute(HR_S3_CHECKSUM_CRC32C, name.data, name.size, &value);
    memcpy(check, value.bytes, TOKEN_CHECK_SIZE);
}

enum s3_error s3_server__token_read(struct s3_call *call, struct hr_slice token,
                                    struct hr_slice *name) {
    if (token.size == 0) return S3_OK; /* as S3 has it: from the beginning */
    uint8_t *bytes = s3_server__arena_allocate(&call->arena, token.size / 2 + 1);
    if (!bytes) return S3_InternalError;
    size_t size = 0;
    if (!hr_hex_decode(token, bytes, token.size / 2, &size) && size > TOKEN_CHECK_SIZE) {
        *name = hr_slice_bytes((const char *)bytes + TOKEN_CHECK_SIZE, size - TOKEN_CHECK_SIZE);
        uint8_t check[TOKEN_CHECK_SIZE];
        token_check(*name, check);
        if (memcmp(bytes, &check, sizeof check) == 0) return S3_OK;
    }
    s3_server__add_detail(call, "ArgumentName", hr_slice_of("continuation-token"));
    s3_server__add_detail(call, "ArgumentValue", token);
    return s3_server__refuse(call, S3_InvalidArgument,
                             "The continuation token provided is incorrect");
}

void s3_server__token_write(struct s3_call *call, const char *element, struct hr_slice name) {
    size_t size = 2 * (TOKEN_CHECK_SIZE + name.size);
    char *token = s3_server__arena_allocate(&call->arena, size);
    if (!token) {
        call->xml.failed = true;
        return;
    }
    uint8_t check[TOKEN_CHECK_SIZE];
    token_check(name, check);
    hr_hex_encode(&check, sizeof check, token);
    hr_hex_encode(name.data, name.size, token + 2 * sizeof check);
    s3_server__xml_text(&call->xml, element, hr_slice_bytes(token, size));
}
