/* The query parameters, x-amz-… fields and conditions that each operation understands. A request
 * with any other is refused, by its name: to do half of a request could overwrite, delete or show
 * the wrong object. Pure. */
#ifndef S3_SERVER_VOCABULARY_H
#define S3_SERVER_VOCABULARY_H

#include "route.h"
#include "store_errors.h"

/* The word that was not understood. */
struct s3_refusal {
    bool is_parameter;           /* of the query; else a field */
    struct hr_slice name, value; /* the request's */
};

/* S3_OK; NotImplemented (a word that the operation does not honour, or a value that asks for what
 * this server does not have); InvalidArgument (a value that S3 does not have either, or a parameter
 * given twice). The request's x-amz-… parameters have been taken for fields already where they are
 * (s3_server__request_hoist). */
enum s3_error s3_server__vocabulary_check(const struct s3_request *request,
                                          enum s3_operation operation, struct s3_refusal *refusal);

#endif
