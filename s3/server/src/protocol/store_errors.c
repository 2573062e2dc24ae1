/* S3's errors: code, status and text. */
#include "store_errors.h"

#include <assert.h>

static const struct s3_error_entry entries[S3_ERRORS] = {
#define S3_ERROR_ENTRY(code, status, message) [S3_##code] = {#code, status, message},
    S3_ERROR_TABLE(S3_ERROR_ENTRY)
#undef S3_ERROR_ENTRY
};

const struct s3_error_entry *s3_server__error(enum s3_error error) {
    assert(error > S3_OK && error < S3_ERRORS);
    return &entries[error];
}
