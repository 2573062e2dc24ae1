#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "document_events.h"
#include "documents.h"

static char memory[1024];

static int write_restore(uint32_t days, const char *tier, struct hr_error *error, size_t *size) {
    struct hr__restore restore = {days, tier};
    return hr__write_restore(&restore, (struct hr__memory){memory, sizeof memory}, error, size);
}

/* As botocore 1.44 writes it. */
Test(write_restore, says_the_same_as_botocore) {
    struct hr_error error = {0};
    size_t size;
    cr_assert_eq(write_restore(7, "Bulk", &error, &size), 0, "%s", error.message);
    document_equal(hr_slice_bytes(memory, size),
                   "<RestoreRequest><Days>7</Days><GlacierJobParameters><Tier>Bulk</Tier>"
                   "</GlacierJobParameters></RestoreRequest>");
    cr_assert_eq(write_restore(0, NULL, &error, &size), 0);
    document_equal(hr_slice_bytes(memory, size), "<RestoreRequest/>");
    cr_assert_eq(write_restore(UINT32_MAX, "Expedited", &error, &size), 0);
    cr_assert(memmem(memory, size, "<Days>4294967295</Days>", 23));
}

Test(write_restore, a_tier_that_is_none_is_named) {
    struct hr_error error = {0};
    size_t size;
    cr_assert_eq(write_restore(1, "standard", &error, &size), -EINVAL);
    cr_assert_str_eq(error.message, "\"standard\" is no tier: Standard, Bulk and Expedited are");
}
