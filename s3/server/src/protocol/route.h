/* A request's head taken apart: path or virtual host to bucket and key, the query's parameters, and
 * which operation it is. Pure. */
#ifndef S3_SERVER_ROUTE_H
#define S3_SERVER_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include <headrace/http_message.h>

#include "arena.h"
#include "store_errors.h"

#define S3_KEY_MAX        1024
#define S3_PARAMETERS_MAX 128

struct s3_parameter {
    struct hr_slice raw;         /* name and value as sent */
    struct hr_slice name, value; /* decoded; value data is NULL where there is no '=' */
};

struct s3_request {
    struct hr_slice method, target;
    const struct hr_http_field *fields;
    size_t field_count;
    /* Filled by s3_server__request_parse; memory is the arena's or the fields'. */
    struct hr_slice canonical_path; /* decoded and encoded again, as signatures want it */
    struct hr_slice path;           /* decoded */
    struct hr_slice raw_path;       /* as sent */
    struct s3_parameter *parameters;
    size_t parameter_count;
    struct hr_slice bucket, key; /* empty: none */
    bool virtual_host;
};

/* `domain`: requests whose Host is BUCKET.domain are in virtual-host style. InvalidURI,
 * InvalidRequest (no Host, too many parameters), KeyTooLongError, InternalError (memory). */
enum s3_error s3_server__request_parse(struct s3_request *request, struct s3_arena *arena,
                                       struct hr_slice domain);

/* The first parameter or field of that name; data NULL: none. A parameter without '=' gives an
 * empty value with data. */
struct hr_slice s3_server__parameter(const struct s3_request *request, const char *name);
struct hr_slice s3_server__field_of(const struct s3_request *request, const char *name);
bool s3_server__has_prefix_nocase(struct hr_slice text, const char *prefix);

/* The operations of this server. */
enum s3_operation {
    S3_LIST_BUCKETS,
    S3_CREATE_BUCKET,
    S3_HEAD_BUCKET,
    S3_DELETE_BUCKET,
    S3_GET_BUCKET_LOCATION,
    S3_GET_BUCKET_SETTING, /* settings.h */
    S3_LIST_OBJECTS,
    S3_LIST_OBJECTS_V2,
    S3_LIST_MULTIPART_UPLOADS,
    S3_DELETE_OBJECTS,
    S3_PUT_OBJECT,
    S3_GET_OBJECT,
    S3_HEAD_OBJECT,
    S3_DELETE_OBJECT,
    S3_COPY_OBJECT,
    S3_CREATE_MULTIPART_UPLOAD,
    S3_UPLOAD_PART,
    S3_UPLOAD_PART_COPY,
    S3_COMPLETE_MULTIPART_UPLOAD,
    S3_ABORT_MULTIPART_UPLOAD,
    S3_LIST_PARTS,
    S3_GET_OBJECT_TAGGING,
    S3_GET_BUCKET_VERSIONING,
    S3_PUT_BUCKET_VERSIONING,
    S3_LIST_OBJECT_VERSIONS,
    S3_PUT_OBJECT_TAGGING,
    S3_DELETE_OBJECT_TAGGING,
    S3_GET_BUCKET_TAGGING,
    S3_PUT_BUCKET_TAGGING,
    S3_DELETE_BUCKET_TAGGING,
    S3_GET_OBJECT_ACL,
    S3_PUT_OBJECT_ACL,
    S3_GET_BUCKET_ACL,
    S3_PUT_BUCKET_ACL,
    S3_GET_BUCKET_OWNERSHIP,
    S3_GET_LEGAL_HOLD,
    S3_PUT_LEGAL_HOLD,
    S3_GET_RETENTION,
    S3_PUT_RETENTION,
    S3_GET_LOCK_RULE,
    S3_PUT_LOCK_RULE,
    S3_GET_OBJECT_ATTRIBUTES,
    S3_POST_OBJECT, /* a browser's form */
    S3_GET_BUCKET_CORS,
    S3_PUT_BUCKET_CORS,
    S3_DELETE_BUCKET_CORS,
    S3_OPERATIONS,
};

/* The operation of a parsed request. MethodNotAllowed; NotImplemented: S3 has it, this server does
 * not. */
enum s3_error s3_server__route(const struct s3_request *request, enum s3_operation *operation);

/* S3's rules for the names of general purpose buckets. */
bool s3_server__bucket_name_valid(struct hr_slice name);

/* Percent-decoding into `out`, which has room for text.size bytes. False: a '%' without two
 * hexadecimal digits. */
bool s3_server__percent_decode(struct hr_slice text, bool plus_is_blank, char *out, size_t *size);

#endif
