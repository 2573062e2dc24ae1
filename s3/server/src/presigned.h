/* The query of a presigned URL: which of its parameters are the signature's, and which stand there
 * for a header field. Source: the S3 API Reference, "Authenticating Requests: Using Query
 * Parameters". Pure. */
#ifndef S3_SERVER_PRESIGNED_H
#define S3_SERVER_PRESIGNED_H

#include "route.h"

/* Whether the signature stands in the query. */
bool s3_server__is_presigned(const struct s3_request *request);
/* X-Amz-Algorithm and so on, in this very spelling. */
bool s3_server__is_auth_parameter(struct hr_slice name);
/* Whether a parameter of a presigned query stands for the field of its name: x-amz-… in any case,
 * but none that would be one of the signature's in another spelling. */
bool s3_server__is_hoisted(struct hr_slice name);
/* Adds the fields that stand in a presigned query to the request's own, so that they count and are
 * refused alike; after the signature has been verified, which covers the query. InvalidArgument (no
 * field could be so, or it is there already), InternalError; *name is then the parameter's. */
enum s3_error s3_server__request_hoist(struct s3_request *request, struct s3_arena *arena,
                                       struct hr_slice *name);

#endif
