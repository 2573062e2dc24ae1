#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "document_events.h"
#include "documents.h"

#define TEXT(literal)                                                                              \
    { literal, sizeof(literal) - 1 }

static char memory[4096];

static int write_parts(const struct hr__completed_part *parts, size_t count,
                       struct hr_slice *written, struct hr_error *error) {
    struct hr__completed_parts all = {parts, count};
    size_t size = 0;
    int err =
        hr__write_completed_parts(&all, (struct hr__memory){memory, sizeof memory}, error, &size);
    *written = hr_slice_bytes(memory, size);
    return err;
}

/* As botocore 1.44 writes it. */
Test(write_completed, says_the_same_as_botocore) {
    static const struct hr__completed_part parts[] = {
        {1, TEXT("\"e1\""), TEXT("CRC32C"), TEXT("AAAAAA==")},
        {20, TEXT("e2"), TEXT(""), TEXT("")},
    };
    struct hr_error error = {0};
    struct hr_slice written;
    cr_assert_eq(write_parts(parts, 2, &written, &error), 0, "%s", error.message);
    document_equal(written,
                   "<CompleteMultipartUpload><Part><ETag>\"e1\"</ETag><PartNumber>1"
                   "</PartNumber><ChecksumCRC32C>AAAAAA==</ChecksumCRC32C></Part><Part><ETag>"
                   "\"e2\"</ETag><PartNumber>20</PartNumber></Part></CompleteMultipartUpload>");
    cr_assert(memmem(written.data, written.size,
                     "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">",
                     72));
}

static const struct {
    struct hr__completed_part parts[2];
    const char *problem;
} refused[] = {
    {{{0, TEXT("e"), TEXT(""), TEXT("")}, {1, TEXT("e"), TEXT(""), TEXT("")}},
     "part 0 has no number"},
    {{{1, TEXT("e"), TEXT(""), TEXT("")}, {1, TEXT("e"), TEXT(""), TEXT("")}},
     "part 1 is not in asc"},
    {{{2, TEXT("e"), TEXT(""), TEXT("")}, {1, TEXT("e"), TEXT(""), TEXT("")}},
     "part 1 is not in asc"},
    {{{1, TEXT("e"), TEXT(""), TEXT("")}, {10001, TEXT("e"), TEXT(""), TEXT("")}},
     "part 10001 has no"},
    {{{1, TEXT(""), TEXT(""), TEXT("")}, {2, TEXT("e"), TEXT(""), TEXT("")}}, "part 1 has no ETag"},
    {{{1, TEXT("\x01"), TEXT(""), TEXT("")}, {2, TEXT("e"), TEXT(""), TEXT("")}}, "malformed ETag"},
    {{{1, TEXT("e"), TEXT("crc32"), TEXT("x")}, {2, TEXT("e"), TEXT(""), TEXT("")}},
     "unknown checksum"},
    {{{1, TEXT("e"), TEXT("CRC32"), TEXT("")}, {2, TEXT("e"), TEXT(""), TEXT("")}}, "no checksum"},
};

Test(write_completed, parts_that_no_upload_has_are_named) {
    struct hr_error error = {0};
    struct hr_slice written;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        cr_assert_eq(write_parts(refused[i].parts, 2, &written, &error), -EINVAL);
        cr_assert(strstr(error.message, refused[i].problem), "%s", error.message);
    }
    cr_assert_eq(write_parts(refused[0].parts, 0, &written, &error), -EINVAL);
    cr_assert_eq(write_parts(refused[0].parts, 10001, &written, &error), -EINVAL);
    cr_assert(strstr(error.message, "10001 parts"), "%s", error.message);
}

Test(write_completed, all_ten_checksums_have_elements) {
    static const char *const names[] = {"CRC32",  "CRC32C", "CRC64NVME", "SHA1",    "SHA256",
                                        "SHA512", "MD5",    "XXHASH64",  "XXHASH3", "XXHASH128"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct hr__completed_part part = {1, TEXT("e"), hr_slice_of(names[i]), TEXT("c")};
        struct hr_error error = {0};
        struct hr_slice written;
        char element[64];
        cr_assert_eq(write_parts(&part, 1, &written, &error), 0, "%s", error.message);
        int size =
            snprintf(element, sizeof element, "<Checksum%s>c</Checksum%s>", names[i], names[i]);
        cr_assert(memmem(written.data, written.size, element, (size_t)size));
    }
}
