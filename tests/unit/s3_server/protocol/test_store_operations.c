/* The table of operations against the routes: what GET and HEAD reach reads, all else writes. */
#include <criterion/criterion.h>

#include <ctype.h>
#include <stdio.h>

#include "store_operations.h"

static bool reached[S3_OPERATIONS];

static void walk(const char *method, const char *target, bool copies) {
    struct s3_arena arena;
    const struct hr_http_field fields[] = {{hr_slice_of("Host"), hr_slice_of("127.0.0.1")},
                                           {hr_slice_of("x-amz-copy-source"), hr_slice_of("b/k")}};
    struct s3_request request = {.method = hr_slice_of(method),
                                 .target = hr_slice_of(target),
                                 .fields = fields,
                                 .field_count = copies ? 2 : 1};
    enum s3_operation operation;
    s3_server__arena_init(&arena);
    cr_assert_eq(s3_server__request_parse(&request, &arena, hr_slice_of("s3.localhost")), S3_OK);
    if (s3_server__route(&request, &operation) == S3_OK) {
        bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
        reached[operation] = true;
        cr_expect_eq(s3_server__operation_traits(operation)->effect,
                     reads ? S3_EFFECT_READS : S3_EFFECT_WRITES, "%s %s", method, target);
    }
    s3_server__arena_deinit(&arena);
}

Test(store_operations, each_is_classed_as_its_method_is) {
    static const char *const methods[] = {"GET", "HEAD", "PUT", "POST", "DELETE"};
    static const char *const settings[] = {"",
                                           "?location",
                                           "?uploads",
                                           "?versioning",
                                           "?versions",
                                           "?tagging",
                                           "?acl",
                                           "?ownershipControls",
                                           "?object-lock",
                                           "?cors",
                                           "?list-type=2",
                                           "?delete",
                                           "?uploadId=u",
                                           "?legal-hold",
                                           "?retention",
                                           "?attributes",
                                           "?policy"};
    static const char *const paths[] = {"/", "/bucket", "/bucket/key"};
    for (size_t m = 0; m < sizeof methods / sizeof methods[0]; m++)
        for (size_t p = 0; p < sizeof paths / sizeof paths[0]; p++)
            for (size_t s = 0; s < sizeof settings / sizeof settings[0]; s++) {
                char target[64];
                snprintf(target, sizeof target, "%s%s", paths[p], settings[s]);
                walk(methods[m], target, false);
                walk(methods[m], target, true);
            }
    reached[S3_POST_OBJECT] = true; /* a form, which no route leads to */
    cr_expect_eq(s3_server__operation_traits(S3_POST_OBJECT)->effect, S3_EFFECT_WRITES);
    for (int i = 0; i < S3_OPERATIONS; i++) cr_expect(reached[i], "no route leads to %d", i);
}

/* Names are told apart, and are words of the API: GetObject, not GET_OBJECT. */
Test(store_operations, each_has_a_name) {
    for (enum s3_operation i = 0; i < S3_OPERATIONS; i++) {
        const char *name = s3_server__operation_traits(i)->name;
        cr_assert_not_null(name, "operation %u has no row", (unsigned)i);
        for (const char *at = name; *at; at++) cr_expect(isalnum((unsigned char)*at), "%s", name);
        for (enum s3_operation other = 0; other < i; other++)
            cr_expect_str_neq(s3_server__operation_traits(other)->name, name);
    }
}
