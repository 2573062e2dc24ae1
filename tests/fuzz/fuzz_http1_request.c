/* Requests of a hostile client: the same outcome however they are cut, and nothing let through that
 * another server could read differently. */
#include <net/chars.h>

#include "http1_fuzz.h"
#include "http1_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned count(const char *text, const char *wanted) {
    unsigned found = 0;
    for (const char *line = text; *line; line = strchr(line, '\n') + 1)
        if (strncasecmp(line, wanted, strlen(wanted)) == 0) found++;
    return found;
}

static void check(const struct replay *whole, size_t size) {
    const char *fields = whole->fields.data;
    fuzz_check(hr__http1_is_token(hr_slice_of(whole->method)));
    fuzz_check(hr__http1_is_target(hr_slice_of(whole->target)));
    unsigned hosts = count(fields, "host:"), lengths = count(fields, "content-length:");
    unsigned codings = count(fields, "transfer-encoding:");
    fuzz_check(hosts <= 1 && lengths + codings <= 1);
    fuzz_check(lengths + codings == 1 || whole->body.size == 0);
    fuzz_check(whole->body.size <= size);
    fuzz_check(strcmp(whole->method, "CONNECT") != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_message(HR_HTTP1_REQUEST, data, size, check);
    return 0;
}
