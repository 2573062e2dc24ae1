/* A name server's bytes through c-ares' parser into addresses: never more than there is room for,
 * of the family that was asked for, and none with an error. */
#include <stdlib.h>
#include <string.h>

#include "address_order.h"
#include "dns_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds) abort();
}

static void read_as(struct hr_slice message, int family) {
    struct hr_addresses found = {.count = 0}, arranged;
    uint32_t ttl_s = UINT32_MAX;
    int result = hr__dns_answer_read(message, family, &found, &ttl_s);
    check(found.count <= HR_ADDRESSES_MAX);
    check((result == 0) == (found.count > 0));
    if (result) return;
    check(ttl_s <= INT32_MAX);
    for (unsigned i = 0; i < found.count; i++) check(found.list[i].any.sa_family == family);
    hr__addresses_arrange(&found, (unsigned)message.size, 80, &arranged);
    check(arranged.count == found.count);
}

/* The message as the answer to both questions of a name: families alternate as long as there are
 * two, each look-up turns them, and nothing is lost or made up. */
static void arrange_both(struct hr_slice message) {
    struct hr_addresses found = {.count = 0}, arranged;
    uint32_t ttl_s = UINT32_MAX;
    (void)hr__dns_answer_read(message, AF_INET6, &found, &ttl_s);
    unsigned six = found.count;
    (void)hr__dns_answer_read(message, AF_INET, &found, &ttl_s);
    unsigned four = found.count - six, pairs = six < four ? six : four;
    check(found.count <= HR_ADDRESSES_MAX);
    for (unsigned turn = 0; found.count > 0 && turn < 3; turn++) {
        unsigned count = 0;
        hr__addresses_arrange(&found, turn, 443, &arranged);
        check(arranged.count == found.count);
        check(arranged.list[0].any.sa_family == found.list[0].any.sa_family);
        for (unsigned i = 0; i < arranged.count; i++) {
            count += arranged.list[i].any.sa_family == AF_INET6;
            if (i > 0 && i < 2 * pairs)
                check(arranged.list[i].any.sa_family != arranged.list[i - 1].any.sa_family);
        }
        check(count == six);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *exact = malloc(size > 0 ? size : 1);
    if (size > 0) memcpy(exact, data, size);
    read_as(hr_slice_bytes(exact, size), AF_INET);
    read_as(hr_slice_bytes(exact, size), AF_INET6);
    arrange_both(hr_slice_bytes(exact, size));
    free(exact);
    return 0;
}
