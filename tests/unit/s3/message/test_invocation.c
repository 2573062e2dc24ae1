/* The fields that name a request and its attempt. */
#include <criterion/criterion.h>
#include <errno.h>

#include "invocation.h"
#include "operations.h"

static struct hr_http_field fields[2];
static struct hr__invocation_date date;

static struct hr__s3_message message_in(char *memory, size_t size) {
    return (struct hr__s3_message){
        .fields = fields, .field_room = 2, .text = hr__writer(memory, size)};
}

static void expect(size_t i, const char *name, const char *value) {
    cr_assert(hr_slice_equal(fields[i].name, hr_slice_of(name)));
    cr_assert(hr_slice_equal(fields[i].value, hr_slice_of(value)), "%.*s",
              (int)fields[i].value.size, fields[i].value.data);
}

Test(invocation, is_a_uuid_of_version_4_and_an_attempt) {
    char memory[256];
    struct hr__s3_message message = message_in(memory, sizeof memory);
    struct hr__invocation one = {{0x0123456789abcdefu, 0xffffffffffffffffu}, 1, 4, 0};
    cr_assert_eq(hr__invocation_add(&one, &date, &message), 0);
    cr_assert_eq(message.field_count, 2);
    expect(0, "amz-sdk-invocation-id", "01234567-89ab-4def-bfff-ffffffffffff");
    expect(1, "amz-sdk-request", "attempt=1; max=4");
}

Test(invocation, has_the_end_of_the_time_there_is) {
    char memory[256];
    struct hr__s3_message message = message_in(memory, sizeof memory);
    struct hr__invocation one = {{0, 0}, 12, 12, 1440938160};
    cr_assert_eq(hr__invocation_add(&one, &date, &message), 0);
    expect(0, "amz-sdk-invocation-id", "00000000-0000-4000-8000-000000000000");
    expect(1, "amz-sdk-request", "ttl=20150830T123600Z; attempt=12; max=12");
}

Test(invocation, keeps_the_text_of_a_second_for_that_second_alone) {
    char memory[256];
    static const struct {
        uint64_t until_s;
        const char *value;
    } cases[] = {{1440938160, "ttl=20150830T123600Z; attempt=1; max=1"},
                 {1440938160, "ttl=20150830T123600Z; attempt=1; max=1"},
                 {1440938161, "ttl=20150830T123601Z; attempt=1; max=1"},
                 {0, "attempt=1; max=1"},
                 {1440938160, "ttl=20150830T123600Z; attempt=1; max=1"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hr__s3_message message = message_in(memory, sizeof memory);
        struct hr__invocation one = {{0, 0}, 1, 1, cases[i].until_s};
        cr_assert_eq(hr__invocation_add(&one, &date, &message), 0);
        expect(1, "amz-sdk-request", cases[i].value);
    }
}

Test(invocation, asks_for_more_memory) {
    char memory[256];
    struct hr__invocation one = {{1, 2}, 1, 4, 0};
    for (size_t size = 0; size < 36 + 16; size++) {
        struct hr__s3_message message = message_in(memory, size);
        cr_assert_eq(hr__invocation_add(&one, &date, &message), -ENOBUFS);
        cr_assert_eq(message.field_count, 0);
    }
}
