/* The protocols that a loop can speak: what struct perf_loop_options has as protocol and target. */
#ifndef PERF_PROTOCOLS_H
#define PERF_PROTOCOLS_H

#include <stdbool.h>

#include <headrace/http_client.h>
#include <headrace/s3.h>

#include "loop.h"

/* S3 operations of all kinds. */
struct perf_s3_target {
    hr_s3_client *client;
    enum hr_s3_payload payload;
    enum hr_s3_checksum_algorithm checksum; /* of bodies; NONE: the client's choice */
    bool verify; /* compare bodies that come with those that were written; a download's is held
                    whole in memory */
    struct hr_s3_transfer_options transfer; /* of uploads and downloads */
};
extern const struct perf_protocol perf_protocol_s3;

/* HTTP requests: PUT, GET, HEAD. A response that is not 2xx is a failure with its status as name.
 */
struct perf_http_target {
    hr_http_client *client;
    const char *const *urls; /* as many as the workload has objects */
    const struct hr_http_field *fields;
    size_t field_count;
    bool connect_each; /* a connection of its own for each, closed behind the response */
};
extern const struct perf_protocol perf_protocol_http;

#endif
