/* Conditional requests (RFC 9110, section 13) and ranges (section 14), as S3 reads them. Pure. */
#ifndef S3_SERVER_CONDITIONS_H
#define S3_SERVER_CONDITIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/slice.h>

#include "object.h"
#include "route.h"
#include "store_errors.h"

struct s3_conditions {
    struct hr_slice if_match, if_none_match; /* data NULL: none */
    bool has_modified_since, has_unmodified_since;
    uint64_t modified_since_s, unmodified_since_s;
};

/* From the fields called `prefix` + "if-match" and so on: "" or "x-amz-copy-source-". Dates that
 * cannot be read are ignored, as RFC 9110 wants it. */
void s3_server__conditions_parse(const struct s3_request *request, const char *prefix,
                                 struct s3_conditions *conditions);
/* For GET and HEAD: S3_OK, PreconditionFailed or NotModified. */
enum s3_error s3_server__conditions_read(const struct s3_conditions *conditions,
                                         const struct s3_object *object);
/* For the source of a copy: as above, but never NotModified. */
enum s3_error s3_server__conditions_copy(const struct s3_conditions *conditions,
                                         const struct s3_object *object);
/* For a write over `object` (NULL: the key is not there): S3_OK, PreconditionFailed, NoSuchKey. */
enum s3_error s3_server__conditions_write(const struct s3_conditions *conditions,
                                          const struct s3_object *object);

/* Whether If-Range, where there is one, lets Range count: else all is to be sent. */
bool s3_server__conditions_range(const struct s3_request *request, const struct s3_object *object);

struct s3_range {
    uint64_t offset, size;
};
enum s3_range_kind { S3_RANGE_NONE, S3_RANGE_PART, S3_RANGE_UNSATISFIABLE };
/* A Range value over a body of `size` bytes. NONE: absent, malformed or of several ranges, which S3
 * ignores. */
enum s3_range_kind s3_server__range_parse(struct hr_slice text, uint64_t size,
                                          struct s3_range *range);

#endif
