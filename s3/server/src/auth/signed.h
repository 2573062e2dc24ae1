/* The parts of a request that its signature covers. Pure. */
#ifndef S3_SERVER_SIGNED_H
#define S3_SERVER_SIGNED_H

#include "claim.h"

/* Fills `fields`, which has room for all of the request's, with those that were signed. Every
 * x-amz-… field must be, else somebody on the way could add one; so must Host. InvalidRequest,
 * AccessDenied. */
enum s3_error s3_server__signed_fields(const struct s3_request *request,
                                       const struct s3_claim *claim, struct hr_http_field *fields,
                                       size_t *count, struct s3_identity *identity);
/* The query without X-Amz-Signature, as it was signed; the arena's. InternalError. */
enum s3_error s3_server__signed_query(const struct s3_request *request,
                                      const struct s3_claim *claim, struct s3_arena *arena,
                                      struct hr_slice *query);
/* Whether each field of "a;b;c" was sent: one that is named and was not would be left out of the
 * canonical request unnoticed. */
bool s3_server__signed_all_sent(const struct s3_request *request, struct hr_slice names);

#endif
