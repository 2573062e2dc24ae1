/* The older signature of presigned URLs: HMAC-SHA1 over the method, three fields, the x-amz-…
 * fields and the resource. boto3 presigns so unless told otherwise, and so does version 1 of the
 * AWS command line. Source: the S3 Developer Guide, "Signing and Authenticating REST Requests". */
#ifndef S3_SERVER_AUTH_V2_H
#define S3_SERVER_AUTH_V2_H

#include "claim.h"

/* As s3_server__auth_verify, for a request for which s3_server__is_presigned_v2. */
enum s3_error s3_server__auth_verify_v2(const struct s3_auth_rules *rules,
                                        const struct s3_request *request, uint64_t now_s,
                                        struct s3_arena *arena, struct s3_identity *identity);

#endif
