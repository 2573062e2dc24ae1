/* Fields that name a request and its attempt. */
#include "invocation.h"

#include <errno.h>

#include <headrace/clock.h>

#include "operations.h"

/* RFC 9562 5.4: version 4, variant 10. */
static struct hr_slice put_uuid(const uint64_t id[2], struct hr__writer *out) {
    static const char digits[] = "0123456789abcdef";
    const uint64_t halves[2] = {(id[0] & ~UINT64_C(0xf000)) | 0x4000,
                                (id[1] & ~(UINT64_C(3) << 62)) | (UINT64_C(2) << 62)};
    char *begin = out->at;
    for (unsigned i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20) hr__put_byte(out, '-');
        hr__put_byte(out, digits[halves[i / 16] >> (60 - i % 16 * 4) & 15]);
    }
    return hr_slice_bytes(begin, (size_t)(out->at - begin));
}

static struct hr_slice put_attempt(const struct hr__invocation *invocation,
                                   struct hr__writer *out) {
    char *begin = out->at, date[17];
    if (invocation->until_s > 0) {
        hr_date_basic(invocation->until_s, date);
        hr__put_text(out, "ttl=");
        hr__put_text(out, date);
        hr__put_text(out, "; ");
    }
    hr__put_text(out, "attempt=");
    hr__put_u64(out, invocation->attempt);
    hr__put_text(out, "; max=");
    hr__put_u64(out, invocation->attempts_max);
    return hr_slice_bytes(begin, (size_t)(out->at - begin));
}

int hr__invocation_add(const struct hr__invocation *invocation, struct hr__s3_message *message) {
    struct hr_slice id = put_uuid(invocation->id, &message->text);
    struct hr_slice attempt = put_attempt(invocation, &message->text);
    if (message->text.full) return -ENOBUFS;
    hr__s3_add_field(message, "amz-sdk-invocation-id", id);
    hr__s3_add_field(message, "amz-sdk-request", attempt);
    return 0;
}
