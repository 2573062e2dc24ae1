/* The canonical request of SigV4, written in one pass. Pure. */
#ifndef HR_S3_SIGV4_CANONICAL_H
#define HR_S3_SIGV4_CANONICAL_H

#include <headrace/sigv4.h>

#include "writer.h"

#define HR__SIGNED_EXTRA_MAX    3 /* x-amz-date, x-amz-security-token, x-amz-content-sha256 */
#define HR__PARAMETER_EXTRA_MAX 6 /* the X-Amz-… parameters of a presigned query */

/* A parameter as it stands in a query (percent-encoded), or `raw` bytes of ours. */
struct hr__parameter {
    struct hr_slice name, value;
    bool raw;
};

/* The signed parts: the fields, sorted, and the query's parameters, sorted. */
struct hr__canonical {
    struct hr_slice method, path, payload_hash;
    struct hr_slice names; /* of the signed fields, where they were written */
    bool normalize_path, double_uri_encode;
    size_t field_count, parameter_count;
    struct hr_http_field fields[HR_SIGV4_FIELDS_MAX + HR__SIGNED_EXTRA_MAX];
    struct hr__parameter parameters[HR_SIGV4_PARAMETERS_MAX + HR__PARAMETER_EXTRA_MAX];
};

/* Whether nothing of it can be taken for another part of the canonical request. */
bool hr__canonical_valid(const struct hr_sigv4_options *options,
                         const struct hr_sigv4_request *request);
/* Takes method, path and payload hash, and those of the request's fields that are signed. -EINVAL:
 * no Host, or too much. Of a valid request. The struct need not be zeroed. */
int hr__canonical_begin(struct hr__canonical *canonical, const struct hr_sigv4_options *options,
                        const struct hr_sigv4_request *request);
/* Adds a field of the signer's own; -EINVAL when the request has one of that (lower-case) name. */
int hr__canonical_add_field(struct hr__canonical *canonical, const char *name,
                            struct hr_slice value);
/* Adds a parameter whose value is given as bytes. */
void hr__canonical_add_parameter(struct hr__canonical *canonical, const char *name,
                                 struct hr_slice value);
/* The name of every signed field, joined by ';'. */
void hr__canonical_names(const struct hr__canonical *canonical, struct hr__writer *out);
/* Puts the parameters in order; after the last was added. */
void hr__canonical_sort_parameters(struct hr__canonical *canonical);
void hr__canonical_query(const struct hr__canonical *canonical, struct hr__writer *out);
/* All of it; sets `names`. */
void hr__canonical_write(struct hr__canonical *canonical, struct hr__writer *out);

/* "name:value" and a line feed, the name in lower case, the value trimmed with runs of white space
 * collapsed. */
void hr__canonical_put_name(struct hr__writer *out, struct hr_slice name);
void hr__canonical_put_value(struct hr__writer *out, struct hr_slice value);
/* A field whose name is a token and whose value has no control byte but white space and folds. */
bool hr__canonical_field_valid(const struct hr_http_field *field);
/* Whether no signature covers fields of this name, as proxies and HTTP libraries change them. */
bool hr__canonical_never_signed(struct hr_slice name);
/* Stable, by lower-case name. */
void hr__canonical_sort_fields(struct hr_http_field *fields, size_t count);

#endif
