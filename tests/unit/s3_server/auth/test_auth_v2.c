#include <criterion/criterion.h>

#include <string.h>

#include "auth.h"
#include "presigned.h"

#define EXPIRES 1175139620
#define PUPPY                                                                                      \
    "/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&"                                       \
    "Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620"

static struct s3_identity identity;

static enum s3_error verify(struct s3_auth *auth, const char *method, const char *target,
                            const char *name, const char *value, uint64_t now_s) {
    struct s3_arena arena;
    struct hr_http_field fields[] = {
        {hr_slice_of("Host"), hr_slice_of("johnsmith.s3.amazonaws.com")},
        {hr_slice_of(name), hr_slice_of(value)}};
    struct s3_request request = {.method = hr_slice_of(method),
                                 .target = hr_slice_of(target),
                                 .fields = fields,
                                 .field_count = name ? 2 : 1};
    s3_server__arena_init(&arena);
    enum s3_error error =
        s3_server__request_parse(&request, &arena, hr_slice_of("s3.amazonaws.com"));
    if (!error) error = s3_server__auth_verify(auth, &request, now_s, &arena, &identity);
    s3_server__arena_deinit(&arena);
    return error;
}

/* The S3 Developer Guide, "Signing and Authenticating REST Requests": the example of a query. */
Test(auth_v2, the_published_example) {
    const struct s3_key keys[] = {{hr_slice_of("other"), hr_slice_of("other"), false},
                                  {hr_slice_of("AKIAIOSFODNN7EXAMPLE"),
                                   hr_slice_of("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), true}};
    struct s3_auth auth = {.rules = {.keys = keys, .key_count = 2, .v2 = true}};
    cr_assert_eq(s3_server__signers_init(&auth.signers), 0);
    cr_assert_eq(verify(&auth, "GET", PUPPY, NULL, NULL, EXPIRES), S3_OK);
    cr_assert_eq(identity.payload, S3_PAYLOAD_UNSIGNED);
    cr_assert_eq(identity.key, &keys[1]);
    cr_assert_eq(verify(&auth, "GET", PUPPY "&x-id=GetObject", NULL, NULL, EXPIRES), S3_OK);
    cr_assert_eq(verify(&auth, "GET", PUPPY, NULL, NULL, EXPIRES + 1), S3_AccessDenied);
    cr_assert_eq(verify(&auth, "PUT", PUPPY, NULL, NULL, EXPIRES), S3_SignatureDoesNotMatch);
    cr_assert_eq(verify(&auth, "GET", PUPPY, "Content-Type", "a", EXPIRES),
                 S3_SignatureDoesNotMatch);
    cr_assert_eq(verify(&auth, "GET", PUPPY, "x-amz-a", "", EXPIRES), S3_SignatureDoesNotMatch);
    static const char *const more[] = {PUPPY "&acl", PUPPY "&versionId=null", PUPPY "&x-amz-acl=a",
                                       PUPPY "&content-type=a", PUPPY "&uploadId=a"};
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        cr_assert_eq(verify(&auth, "GET", more[i], NULL, NULL, EXPIRES), S3_SignatureDoesNotMatch,
                     "%s", more[i]);
    auth.rules.v2 = false;
    cr_assert_eq(verify(&auth, "GET", PUPPY, NULL, NULL, EXPIRES), S3_InvalidRequest);
    s3_server__signers_deinit(&auth.signers);
}

Test(auth_v2, any_credentials_still_expire) {
    const struct s3_key key = {hr_slice_of("other"), hr_slice_of("other"), false};
    struct s3_auth auth = {.rules = {.keys = &key, .key_count = 1, .any = true, .v2 = true}};
    cr_assert_eq(s3_server__signers_init(&auth.signers), 0);
    cr_assert_eq(verify(&auth, "PUT", PUPPY, NULL, NULL, EXPIRES), S3_OK);
    cr_assert_eq(verify(&auth, "PUT", PUPPY, NULL, NULL, EXPIRES + 1), S3_AccessDenied);
    s3_server__signers_deinit(&auth.signers);
}
