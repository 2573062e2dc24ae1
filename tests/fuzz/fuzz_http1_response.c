/* Answers of a hostile server: the same outcome however they are cut, and bounds on what is let
 * through. */
#include "http1_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct replay *whole, size_t size) {
    fuzz_check(whole->status >= 200 && whole->status <= 999);
    fuzz_check(whole->body.size <= size);
    for (size_t i = 0; i < whole->fields.size; i++) {
        unsigned char byte = (unsigned char)whole->fields.data[i];
        fuzz_check(byte >= ' ' || byte == '\t' || byte == '\n');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_message(HR_HTTP1_RESPONSE, data, size, check);
    return 0;
}
