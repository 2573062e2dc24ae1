/* Answers of a hostile server: the same outcome however they are cut and whether llhttp reads their
 * head, and bounds on what is let through. */
#include "http1_fuzz.h"
#include "http1_readings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct replay *whole, size_t size) {
    fuzz_check(whole->status >= 200 && whole->status <= 999);
    fuzz_check(whole->body.size <= size);
    for (size_t i = 0; i < whole->fields.size; i++) {
        unsigned char byte = (unsigned char)whole->fields.data[i];
        fuzz_check(byte >= ' ' || byte == '\t' || byte == '\n');
    }
}

/* A head that is read in one pass is one that the scan lets through. */
static void check_readings(const char *data, size_t size) {
    struct hr_slice head = readings_head(hr_slice_bytes(data, size));
    size_t plain = readings_plain_size(data, size);
    fuzz_check(plain == 0 || plain == head.size);
    if (head.size > 0) fuzz_check(readings_agree(head));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_message(HR_HTTP1_RESPONSE, data, size, check);
    check_readings((const char *)data, size);
    if (size > 2) check_readings((const char *)data + 2, size - 2); /* as the corpus has it */
    return 0;
}
