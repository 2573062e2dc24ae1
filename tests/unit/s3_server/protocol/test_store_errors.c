/* Codes and their statuses: the table of "Error responses" in the S3 API Reference. */
#include <criterion/criterion.h>

#include <string.h>

#include "store_errors.h"

Test(errors, statuses) {
    static const struct {
        const char *code;
        int status;
    } rows[] = {
        {"AccessDenied", 403},
        {"AuthorizationHeaderMalformed", 400},
        {"BadDigest", 400},
        {"BucketAlreadyOwnedByYou", 409},
        {"BucketNotEmpty", 409},
        {"EntityTooLarge", 400},
        {"EntityTooSmall", 400},
        {"IllegalLocationConstraintException", 400},
        {"IncompleteBody", 400},
        {"InternalError", 500},
        {"InvalidAccessKeyId", 403},
        {"InvalidArgument", 400},
        {"InvalidBucketName", 400},
        {"InvalidDigest", 400},
        {"InvalidLocationConstraint", 400},
        {"InvalidPart", 400},
        {"InvalidPartOrder", 400},
        {"InvalidRange", 416},
        {"InvalidRequest", 400},
        {"InvalidStorageClass", 400},
        {"InvalidURI", 400},
        {"KeyTooLongError", 400},
        {"MalformedXML", 400},
        {"MetadataTooLarge", 400},
        {"MethodNotAllowed", 405},
        {"MissingContentLength", 411},
        {"NoSuchBucket", 404},
        {"NoSuchBucketPolicy", 404},
        {"NoSuchKey", 404},
        {"NoSuchLifecycleConfiguration", 404},
        {"NoSuchTagSet", 404},
        {"NoSuchUpload", 404},
        {"NotImplemented", 501},
        {"PreconditionFailed", 412},
        {"RequestTimeTooSkewed", 403},
        {"SignatureDoesNotMatch", 403},
        {"TooManyBuckets", 400},
        {"NotModified", 304},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct s3_error_entry *found = NULL;
        for (enum s3_error error = S3_OK + 1; error < S3_ERRORS; error++)
            if (strcmp(s3_server__error(error)->code, rows[i].code) == 0)
                found = s3_server__error(error);
        cr_assert_not_null(found, "%s", rows[i].code);
        cr_expect_eq(found->status, rows[i].status, "%s", rows[i].code);
    }
}

Test(errors, each_code_is_one_and_says_something) {
    for (enum s3_error error = S3_OK + 1; error < S3_ERRORS; error++) {
        const struct s3_error_entry *entry = s3_server__error(error);
        cr_expect(strlen(entry->message) > 5, "%s", entry->code);
        cr_expect(entry->status >= 300 && entry->status <= 599, "%s", entry->code);
        for (enum s3_error other = S3_OK + 1; other < error; other++)
            cr_expect_str_neq(s3_server__error(other)->code, entry->code);
    }
}
