/* The query of a presigned URL: which of its parameters belong to the signature, and which stand
 * for a header field. Source: the S3 API Reference, "Authenticating Requests: Using Query
 * Parameters". Pure. */
#ifndef S3_SERVER_PRESIGNED_H
#define S3_SERVER_PRESIGNED_H

#include "route.h"

/* Whether the signature stands in the query: the current one, or the older one. */
bool s3_server__is_presigned(const struct s3_request *request);
bool s3_server__is_presigned_v2(const struct s3_request *request);
/* X-Amz-Algorithm and so on, in this very spelling; of the older way AWSAccessKeyId, Expires and
 * Signature. False where nothing is presigned. */
bool s3_server__is_auth_parameter(const struct s3_request *request, struct hr_slice name);
/* Whether a parameter stands for the field of its name. Of a presigned query these are x-amz-… in
 * any case, but none that would be one of the signature's in another spelling; of one in the older
 * way x-amz-…, content-type and content-md5. */
bool s3_server__is_hoisted(const struct s3_request *request, struct hr_slice name);
/* Adds the fields that stand in a presigned query to the request's own, so that they are honoured
 * and refused like those. To be called after the signature, which covers the query, has been
 * verified. InvalidArgument (it is no valid field, or there already), InternalError; *name is then
 * that of the parameter. */
enum s3_error s3_server__request_hoist(struct s3_request *request, struct s3_arena *arena,
                                       struct hr_slice *name);

#endif
