/* The two fields by which a store's log knows the attempts of one request: amz-sdk-invocation-id
 * and amz-sdk-request. They are not signed, as botocore's. Pure. */
#ifndef HR_S3_INVOCATION_H
#define HR_S3_INVOCATION_H

#include <stdint.h>

struct hr__s3_message;

struct hr__invocation {
    uint64_t id[2];   /* random; the same for all attempts */
    uint32_t attempt; /* 1, 2, … */
    uint32_t attempts_max;
    uint64_t until_s; /* the request's time ends then, by the store's clock, in Unix seconds; 0: it
                         has no end */
};

/* The text of a second, kept as most requests of one time end in the same. Zeroed at first. */
struct hr__invocation_date {
    uint64_t unix_s;
    char text[17];
};

/* Adds both behind the signature. `date` is the caller's, of one thread. -ENOBUFS: the message's
 * memory is too small. */
int hr__invocation_add(const struct hr__invocation *invocation, struct hr__invocation_date *date,
                       struct hr__s3_message *message);

#endif
