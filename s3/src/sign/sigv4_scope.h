/* The credential scope of SigV4: DAY/REGION/SERVICE/aws4_request, with the time it belongs to. */
#ifndef HR_S3_SIGV4_SCOPE_H
#define HR_S3_SIGV4_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/sigv4.h>

#define HR__REGION_MAX     64   /* bytes of a region or service */
#define HR__ACCESS_KEY_MAX 256  /* bytes of an access key */
#define HR__NAMES_MAX      4096 /* bytes of the signed names of a presigned request */

struct hr__scope {
    char date[17]; /* YYYYMMDDTHHMMSSZ */
    size_t size;
    char text[8 + 1 + HR__REGION_MAX + 1 + HR__REGION_MAX + 13];
};

/* Whether nothing of a later version is asked for: `reserved` is zero. */
static inline bool hr__sigv4_understood(const struct hr_sigv4_options *options) {
    const uint64_t *reserved = options->reserved;
    return (reserved[0] | reserved[1] | reserved[2] | reserved[3]) == 0;
}

/* -EINVAL: no region, or a region or service that would not stand in a scope. */
int hr__scope_make(const struct hr_sigv4_options *options, struct hr__scope *scope);

/* As hr_sigv4_sign, of a request that is valid (hr__canonical_valid): it is not looked at again. */
int hr__sigv4_sign_checked(hr_sigv4_signer *signer, const struct hr_sigv4_credentials *credentials,
                           const struct hr_sigv4_options *options,
                           const struct hr_sigv4_request *request, char *authorization,
                           size_t capacity, struct hr_sigv4_result *result);

#endif
