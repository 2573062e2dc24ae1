/* An S3 operation as HTTP, and how a request for one is written: pure. The table of operations is
 * the client's (s3_rows.h). */
#ifndef HR_S3_OPERATIONS_H
#define HR_S3_OPERATIONS_H

#include <assert.h>

#include <headrace/s3.h>
#include <headrace/sigv4.h>
#include <headrace/url.h>

#include "details.h"
#include "endpoint.h"
#include "writer.h"

#define HR__KEY_MAX 1024

/* A row of the table of operations. */
enum hr__s3_kind {
    HR__S3_REQUEST, /* the pass-through */
    HR__S3_PUT,
    HR__S3_GET,
    HR__S3_HEAD,
    HR__S3_DELETE,
    HR__S3_DELETE_MANY,
    HR__S3_COPY,
    HR__S3_TAGS_GET,
    HR__S3_TAGS_PUT,
    HR__S3_TAGS_DELETE,
    HR__S3_ATTRIBUTES,
    HR__S3_RESTORE,
    HR__S3_UPLOAD_CREATE,
    HR__S3_UPLOAD_PART,
    HR__S3_UPLOAD_PART_COPY,
    HR__S3_UPLOAD_COMPLETE,
    HR__S3_UPLOAD_ABORT,
    HR__S3_PART_LIST,
    HR__S3_UPLOAD_LIST,
    HR__S3_VERSION_LIST,
    HR__S3_LIST,
    HR__S3_BUCKET_CREATE,
    HR__S3_BUCKET_HEAD,
    HR__S3_BUCKET_DELETE,
    HR__S3_BUCKET_LIST,
    HR__S3_BUCKET_LOCATION,
    HR__S3_VERSIONING_GET,
    HR__S3_VERSIONING_PUT,
    HR__S3_HEALTH,
    HR__S3_EXISTS,
    HR__S3_KINDS,
    HR__S3_SESSION, /* CreateSession: the client's own, not in the table */
};

/* The body that a good response has. */
enum hr__s3_response {
    HR__S3_RESPONSE_NONE,     /* nothing of use, unless it is an <Error> */
    HR__S3_RESPONSE_OBJECT,   /* bytes for the user's sink */
    HR__S3_RESPONSE_DOCUMENT, /* XML that the answer function reads, whole */
    HR__S3_RESPONSE_LISTING,  /* XML that is read page by page */
};

/* The sign by which a good response shows that a store has written it. */
enum hr__s3_proof {
    HR__S3_PROOF_FIELD,    /* a field of a store, an ETag, or 204 without a body */
    HR__S3_PROOF_OBJECT,   /* ETag or a field of a store where the body is HTML */
    HR__S3_PROOF_META,     /* of HEAD: ETag, Last-Modified or a field of a store */
    HR__S3_PROOF_ETAG,     /* an ETag */
    HR__S3_PROOF_LOCATION, /* as FIELD; Location counts too */
    HR__S3_PROOF_NO_PAGE,  /* anything but a web page */
    HR__S3_PROOF_DOCUMENT, /* its XML, which is read next */
};

/* Whether an attempt that may have had its effect is repeated. */
enum hr__s3_repeat {
    HR__S3_REPEAT_FREELY,   /* a second time changes nothing */
    HR__S3_REPEAT_CONFLICT, /* the same, and after 409 ConditionalRequestConflict too */
    HR__S3_REPEAT_NEVER,    /* one attempt */
};

struct hr__s3_operation {
    enum hr__s3_kind kind;
    const char *name; /* S3's own */
    const char *method;
    const char *sub_resource; /* a parameter without value that every request has; NULL: none */
    bool bucket, key;         /* which of them it needs */
    enum hr__s3_response response;
    enum hr__s3_proof proof;
    enum hr__s3_repeat repeat;
    int statuses[3]; /* good ones, 0 ends; none: 200 to 299 */
};

bool hr__s3_status_good(const struct hr__s3_operation *operation, int status);

/* The parameters of one request. A slice is empty where the request has no such parameter. */
struct hr__s3_parameters {
    const struct hr__s3_operation *operation;
    struct hr_slice bucket, key;
    bool ranged;
    uint64_t range_first, range_last;
    struct hr_slice content_type;
    const struct hr_s3_metadata *metadata;
    size_t metadata_count;
    const struct hr_http_field *fields; /* the user's */
    size_t field_count;
    const struct hr__s3_details *details; /* NULL: none */
    bool checksum_mode;                   /* x-amz-checksum-mode: ENABLED */
    const struct hr_s3_query *query;      /* behind those of details; a name alone has no value */
    size_t query_count;
    struct hr_http_field checksum; /* of the body, or x-amz-trailer; name empty: none */
    bool chunked;                  /* the body goes out as aws-chunked */
    uint64_t chunked_size;         /* in bytes, without the chunks */
    struct hr_slice if_match; /* a strong ETag without quotes, of a GET that goes on where it broke
                                 off: in place of the user's own, and of a part's number */
};

/* Names, sizes, fields: what can be told before anything is written. HR_ERR_S3_BUCKET_INVALID,
 * HR_ERR_S3_KEY_INVALID, HR_ERR_HEADER_INVALID; `error` names the thing. */
int hr__s3_check(const struct hr__s3_parameters *parameters, struct hr_error *error);

/* A request as text, in memory of the caller. */
struct hr__s3_message {
    struct hr_slice url; /* NUL-terminated */
    struct hr_url parts; /* of it, as hr_url_parse would give them */
    struct hr_http_field *fields;
    size_t field_count, field_room;
    struct hr__writer text;    /* what is left of the memory */
    struct hr_slice signature; /* once it is signed */
};

/* Writes URL and fields (without those of a signature) into `memory`, which is aligned for
 * pointers. -ENOBUFS when it is too small. Checked parameters. */
int hr__s3_write(const struct hr__s3_parameters *parameters, const struct hr__endpoint *endpoint,
                 char *memory, size_t capacity, struct hr__s3_message *message);

/* Adds a field; `name` is static, and `value` lasts as long as the message. */
static inline void hr__s3_add_field(struct hr__s3_message *message, const char *name,
                                    struct hr_slice value) {
    assert(message->field_count < message->field_room);
    message->fields[message->field_count++] = (struct hr_http_field){hr_slice_of(name), value};
}

/* The signer, and the time. */
struct hr__s3_signing {
    hr_sigv4_signer *signer;
    const struct hr_sigv4_credentials *credentials;
    struct hr_slice region;
    struct hr_slice service; /* empty: s3 */
    uint64_t time_s;
    struct hr_slice payload_hash; /* empty: of an empty body */
    bool session;                 /* the credentials are those of a session of S3 Express */
};

/* Adds x-amz-date, x-amz-content-sha256, x-amz-security-token (of a session x-amz-s3session-token)
 * and Authorization. -ENOBUFS when the
 * memory is too small, else as hr_sigv4_sign. */
int hr__s3_sign(const struct hr__s3_parameters *parameters, const struct hr__s3_signing *signing,
                struct hr__s3_message *message);

#endif
