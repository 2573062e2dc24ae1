/* The body of a browser's form (multipart/form-data, RFC 7578), in memory. Pure. */
#ifndef S3_SERVER_FORM_H
#define S3_SERVER_FORM_H

#include <stdbool.h>

#include <headrace/http_message.h>

#include "arena.h"
#include "store_errors.h"

#define S3_FORM_FIELDS_MAX 128
#define S3_FORM_BYTES_MAX  20480 /* of all fields but the file */

struct s3_form {
    struct hr_http_field *fields; /* in order, up to the file; values are slices of the body */
    size_t field_count;
    struct hr_slice file, file_name;
    bool has_file;
};

/* `type`: the request's Content-Type with the boundary. Fields behind the file are passed over, as
 * S3 does. MalformedPOSTRequest, MaxPostPreDataLengthExceededError, InternalError. */
enum s3_error s3_server__form_parse(struct hr_slice type, struct hr_slice body,
                                    struct s3_arena *arena, struct s3_form *form);
/* The field of that name, in any case; data NULL: none. */
struct hr_slice s3_server__form_field(const struct s3_form *form, const char *name);

#endif
