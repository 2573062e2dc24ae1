/* Fields that name a request and its attempt. */
#include "invocation.h"

#include <endian.h>
#include <errno.h>

#include <headrace/clock.h>
#include <headrace/encode.h>

#include "operations.h"

/* RFC 9562 5.4: version 4, variant 10. */
static struct hr_slice put_uuid(const uint64_t id[2], struct hr__writer *out) {
    const uint64_t halves[2] = {htobe64((id[0] & ~UINT64_C(0xf000)) | 0x4000),
                                htobe64((id[1] & ~(UINT64_C(3) << 62)) | (UINT64_C(2) << 62))};
    char *begin = out->at, digits[32], text[36];
    hr_hex_encode(halves, sizeof halves, digits);
    memcpy(text, digits, 8);
    memcpy(text + 9, digits + 8, 4);
    memcpy(text + 14, digits + 12, 4);
    memcpy(text + 19, digits + 16, 4);
    memcpy(text + 24, digits + 20, 12);
    text[8] = text[13] = text[18] = text[23] = '-';
    hr__put(out, text, sizeof text);
    return hr_slice_bytes(begin, (size_t)(out->at - begin));
}

static void put_date(uint64_t unix_s, struct hr__invocation_date *date, struct hr__writer *out) {
    if (date->unix_s != unix_s) {
        hr_date_basic(unix_s, date->text);
        date->unix_s = unix_s;
    }
    hr__put(out, date->text, sizeof date->text - 1);
}

static struct hr_slice put_attempt(const struct hr__invocation *invocation,
                                   struct hr__invocation_date *date, struct hr__writer *out) {
    char *begin = out->at;
    if (invocation->until_s > 0) {
        hr__put_text(out, "ttl=");
        put_date(invocation->until_s, date, out);
        hr__put_text(out, "; ");
    }
    hr__put_text(out, "attempt=");
    hr__put_u64(out, invocation->attempt);
    hr__put_text(out, "; max=");
    hr__put_u64(out, invocation->attempts_max);
    return hr_slice_bytes(begin, (size_t)(out->at - begin));
}

int hr__invocation_add(const struct hr__invocation *invocation, struct hr__invocation_date *date,
                       struct hr__s3_message *message) {
    struct hr_slice id = put_uuid(invocation->id, &message->text);
    struct hr_slice attempt = put_attempt(invocation, date, &message->text);
    if (message->text.full) return -ENOBUFS;
    hr__s3_add_field(message, "amz-sdk-invocation-id", id);
    hr__s3_add_field(message, "amz-sdk-request", attempt);
    return 0;
}
