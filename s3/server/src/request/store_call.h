/* One request on its way through the server: head, verification, operation, body, response. Lives
 * from on_request until the exchange's end. On its reactor's thread. */
#ifndef S3_SERVER_CALL_H
#define S3_SERVER_CALL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include <headrace_server/s3_server.h>

#include "arena.h"
#include "auth.h"
#include "checksums.h"
#include "conditions.h"
#include "faults.h"
#include "file_reader.h"
#include "object.h"
#include "object_version.h"
#include "route.h"
#include "store.h"
#include "store_body.h"
#include "store_errors.h"
#include "store_operations.h"
#include "xml_in.h"
#include "xml_out.h"

#define S3_DETAILS_MAX      8
#define S3_METADATA_MAX     2048
#define S3_ENCRYPTION_FIELD "x-amz-server-side-encryption"

struct s3_server_s {
    struct s3_store store;
    struct s3_auth auth;
    hr_http_server *http;
    const struct s3_handler *const *handlers; /* by operation */
    char *session_token, *region, *domain;
    struct s3_key *keys;
    size_t key_count;
    char **anonymous_read; /* buckets that nobody needs a key to read from */
    size_t anonymous_read_count;
    bool secure;           /* over TLS */
    bool secure_keys_only; /* keys of clients (SSE-C) are taken over TLS alone */
    uint64_t time_offset_s;
    struct s3_faults faults;
    char host_id[25];
    void (*on_record)(void *user, const struct s3_server_record *record); /* NULL: not */
    void *record_user;
    void (*on_closed)(void *user);
    void *user;
};

struct s3_call;

enum s3_body_kind {
    S3_BODY_NONE, /* there is none, or it is ignored */
    S3_BODY_DATA, /* an object's or a part's bytes: a length is needed */
    S3_BODY_XML,
};

struct s3_handler {
    enum s3_body_kind body;
    unsigned digests;      /* of the body, wanted in any case */
    bool in_memory;        /* a body of S3_BODY_DATA that `end` reads, wherever objects are */
    bool ignore_checksums; /* as in struct s3_body_plan */
    /* Before the body is requested; NULL: nothing to do. A refusal here saves the transfer. */
    enum s3_error (*begin)(struct s3_call *call);
    /* With the whole body, verified. Responds, or returns an error. */
    enum s3_error (*end)(struct s3_call *call);
};

/* Facts for the server's on_record, besides the request itself. */
struct s3_call_record {
    uint64_t start_ns, bytes_in, bytes_out;
    int status;                     /* 0: no response yet */
    const char *error;              /* S3's code; NULL: none */
    bool is_health_check;           /* it is no request of S3, and is not told */
    struct sockaddr_storage client; /* where there is an on_record */
};

struct s3_call {
    struct s3_server_s *server;
    hr_http_exchange *exchange;
    const struct s3_handler *handler;
    enum s3_operation operation; /* S3_OPERATIONS: it is not known yet, or there is none */
    struct s3_request request;
    struct s3_identity identity;
    struct s3_body body;
    unsigned digests; /* wanted besides the handler's */
    struct s3_conditions conditions;
    struct s3_object *object;     /* what is sent; a reference until the end */
    struct s3_version_name name;  /* of the object: by s3_server__name_object */
    struct s3_upload_info upload; /* of operations on one; the head is a reference */
    struct s3_upload_name upload_name;
    unsigned part_number;
    struct s3_object_plan plan;   /* of what is written */
    struct s3_xml xml;            /* the response, where it is a document */
    struct hr_http_field *fields; /* the response's */
    size_t field_count, field_capacity;
    char request_id[17];
    char message[256]; /* of the error document; empty: the code's own text */
    struct {
        const char *name;
        struct hr_slice value;
    } details[S3_DETAILS_MAX]; /* further elements of the error document */
    size_t detail_count;
    enum s3_fault_kind fault;
    struct s3_file_reader *reader; /* of a body out of files */
    bool responded; /* the exchange has its response, and no field is added any more */
    char bucket_region[S3_REGION_MAX + 1]; /* of s3_server__bucket_region_of */
    struct {
        struct hr_slice bucket, key; /* in the error document; empty: the request's */
        struct hr_slice range;       /* the Content-Range of a refused one; empty: none */
    } blamed;
    struct s3_call_record record;
    struct s3_arena arena;
};

/* on_request.c: the HTTP server's on_request; `user` is the s3_server. */
void s3_server__on_request(void *user, hr_http_exchange *exchange);
/* AccessDenied: the request's key may only read, and the operation writes. */
enum s3_error s3_server__check_key(struct s3_call *call, enum s3_operation operation);
/* ---- store_record.c: for the server's on_record, where there is one. */
void s3_server__record_begin(struct s3_call *call);
void s3_server__record_end(const struct s3_call *call, int result);

/* The exchange's on_end; `user` is the call, which is freed. */
void s3_server__call_end(void *user, int result);

/* ---- store_call.c: for handlers. */
/* The region of a bucket whose creator gave none. */
#define S3_REGION_DEFAULT "us-east-1"
const char *s3_server__region(const struct s3_call *call);
/* The region of the request's bucket; valid as long as the call. NULL: there is no such bucket. */
const char *s3_server__bucket_region_of(struct s3_call *call);
uint64_t s3_server__now_ms(const struct s3_call *call);
struct hr_slice s3_server__header(const struct s3_call *call, const char *name);

/* Adds a field to the response; name and value are borrowed until it is sent. */
void s3_server__add_field(struct s3_call *call, struct hr_slice name, struct hr_slice value);
void s3_server__add(struct s3_call *call, const char *name, struct hr_slice value);
void s3_server__add_text(struct s3_call *call, const char *name, const char *value);
void s3_server__add_modified(struct s3_call *call, const struct s3_object *object);
void s3_server__add_checksum(struct s3_call *call, const struct s3_object *object);

/* ---- store_xml.c: parts of documents. */
/* Writes an object's checksum as elements of a document; nothing where it has none. */
void s3_server__xml_checksum(struct s3_xml *xml, const struct s3_object *object, bool with_type);
/* Of an object in a listing: entity tag, kind of checksum, size, storage class. */
void s3_server__xml_object(struct s3_xml *xml, const struct s3_object *object);
void s3_server__xml_prefix(struct s3_xml *xml, struct hr_slice prefix, bool url);
void s3_server__xml_class(struct s3_xml *xml, struct hr_slice storage_class);
/* The owner, in an element of that name. */
void s3_server__xml_person(struct s3_xml *xml, const char *role);
/* The document that the request has brought. */
struct hr_slice s3_server__document(const struct s3_call *call);

/* Sets the error document's message, and returns `error`. */
enum s3_error s3_server__refuse(struct s3_call *call, enum s3_error error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* As `error` says; NotImplemented names the element of the document that was not understood. */
enum s3_error s3_server__refuse_document(struct s3_call *call, enum s3_error error,
                                         struct hr_slice unknown);
/* Adds an element to the error document; name and value are borrowed until it is sent. More than
 * S3_DETAILS_MAX are left out. */
void s3_server__add_detail(struct s3_call *call, const char *name, struct hr_slice value);

/* ---- store_response.c. Each is the call's one response; S3_OK. */
enum s3_error s3_server__respond(struct s3_call *call, int status, struct hr_source body);
enum s3_error s3_server__respond_empty(struct s3_call *call, int status);
enum s3_error s3_server__respond_xml(struct s3_call *call); /* call->xml, 200; InternalError */
/* The error document. A response to HEAD, and 304, have none. */
void s3_server__fail(struct s3_call *call, enum s3_error error);

/* The tables of the handler files. */
extern const struct s3_handler s3_server__list_buckets, s3_server__create_bucket,
    s3_server__head_bucket, s3_server__delete_bucket, s3_server__get_bucket_location,
    s3_server__get_setting, s3_server__list_objects, s3_server__list_objects_v2,
    s3_server__delete_objects, s3_server__put_object, s3_server__get_object,
    s3_server__get_object_tagging, s3_server__delete_object, s3_server__copy_object,
    s3_server__create_upload, s3_server__upload_part, s3_server__upload_part_copy,
    s3_server__complete_upload, s3_server__abort_upload, s3_server__list_parts,
    s3_server__list_uploads, s3_server__get_bucket_versioning, s3_server__put_bucket_versioning,
    s3_server__list_object_versions, s3_server__put_object_tagging,
    s3_server__delete_object_tagging, s3_server__get_bucket_tagging, s3_server__put_bucket_tagging,
    s3_server__delete_bucket_tagging, s3_server__get_object_acl, s3_server__put_object_acl,
    s3_server__get_bucket_acl, s3_server__put_bucket_acl, s3_server__get_bucket_ownership,
    s3_server__get_legal_hold, s3_server__put_legal_hold, s3_server__get_retention,
    s3_server__put_retention, s3_server__get_lock_rule, s3_server__put_lock_rule,
    s3_server__get_object_attributes, s3_server__get_bucket_cors, s3_server__put_bucket_cors,
    s3_server__delete_bucket_cors, s3_server__post_object;

/* ---- versions.c. */
/* call->name from the request's bucket, key and versionId. */
void s3_server__name_object(struct s3_call *call);
/* call->object, which the request names. Of a bucket with versions the response gets the version's
 * id. As s3_server__store_version_get; NoSuchKey or MethodNotAllowed where a delete marker is. */
enum s3_error s3_server__find_object(struct s3_call *call);
/* Changes the traits of the version that the request names; call->object is then the new one. */
enum s3_error s3_server__change_object(struct s3_call *call, const struct s3_change *change);
/* Adds the id of a version that was written. */
void s3_server__add_version(struct s3_call *call, const struct s3_object *object);
/* Whether a text has the form of a version's id. */
bool s3_server__is_version_id(struct hr_slice id);
/* InvalidArgument: the text is no version's id. */
enum s3_error s3_server__check_version_id(struct s3_call *call, struct hr_slice id);

/* ---- Shared by handlers that write: metadata.c. */
/* Fills call->plan's fields, storage class, traits and key from the request. */
enum s3_error s3_server__read_metadata(struct s3_call *call);

/* ---- traits.c. */
/* Fills call->plan.traits from the request: tags, access, lock. */
enum s3_error s3_server__read_traits(struct s3_call *call);
/* x-amz-acl; private where it is not there. */
enum s3_error s3_server__read_acl(struct s3_call *call, enum s3_acl *acl);
/* AccessControlListNotSupported: the request's bucket takes none but private. */
enum s3_error s3_server__check_acl(struct s3_call *call, enum s3_acl acl);
/* The message of an error of tags, of which there may be `most`. */
enum s3_error s3_server__refuse_tags(struct s3_call *call, enum s3_error error, size_t most);
enum s3_error s3_server__refuse_lock(struct s3_call *call); /* of a bucket without object lock */
bool s3_server__bypasses_retention(const struct s3_call *call);
/* Adds what GET and HEAD tell of the traits. */
void s3_server__add_traits(struct s3_call *call, const struct s3_object *object);

/* ---- encryption.c. */
/* Whether what the request says of the encryption of what it writes is valid. */
enum s3_error s3_server__check_encryption(struct s3_call *call);
/* Fields that are kept with an object, the client's key not among them; those about such a key. */
bool s3_server__is_encryption_field(struct hr_slice name);
bool s3_server__is_customer_field(struct hr_slice name);
/* Whether the request brings the key that an object was written with. InvalidRequest, AccessDenied.
 */
enum s3_error s3_server__check_object_key(struct s3_call *call, const struct s3_object *object);
/* As before, where the request may leave the key out. */
enum s3_error s3_server__check_given_key(struct s3_call *call, const struct s3_object *object);
enum s3_error s3_server__check_source_key(struct s3_call *call, const struct s3_object *object);
/* Adds the fields of the encryption that an object with these fields was stored with, if any. */
void s3_server__add_encryption(struct s3_call *call, const struct hr_http_field *fields,
                               size_t count);

/* ---- anonymous.c: AccessDenied, or the bucket's error. */
enum s3_error s3_server__check_anonymous(struct s3_call *call);

/* ---- unsigned.c. */
/* Handles requests that have no signature in their head: sets the handler of a preflight of CORS,
 * of an upload by a form and of a health check. S3_OK without a handler for any other request. */
enum s3_error s3_server__check_unsigned(struct s3_call *call);

/* ---- cors.c. */
/* Sets the fields of the response to a preflight. BadRequest, AccessForbidden. */
enum s3_error s3_server__check_preflight(struct s3_call *call);
/* Adds what lets a browser's page read the response, where the bucket has a rule for it. */
void s3_server__add_cors(struct s3_call *call);

/* ---- Shared by the copying handlers: handlers_copy.c. */
enum s3_error s3_server__copy_source(struct s3_call *call, struct s3_object **object);

/* ---- Shared by the handlers of uploads: handlers_upload.c. */
enum s3_error s3_server__find_upload(struct s3_call *call); /* upload and upload_name */
enum s3_error s3_server__upload_part_begin(struct s3_call *call);

/* A whole number of a query parameter, clipped to `most`; `otherwise` when it is absent. */
enum s3_error s3_server__number_parameter(struct s3_call *call, const char *name,
                                          uint64_t otherwise, uint64_t most, uint64_t *value);
/* Reads the name that a page goes on behind from an opaque token: hex, so that it needs no
 * encoding, of a check value and the name. An empty token leaves *name. InvalidArgument: this
 * server has not made the token. */
enum s3_error s3_server__token_read(struct s3_call *call, struct hr_slice token,
                                    struct hr_slice *name);
/* Writes the token of a name as an element of call->xml. */
void s3_server__token_write(struct s3_call *call, const char *element, struct hr_slice name);
/* encoding-type: url or none. */
enum s3_error s3_server__encoding_parameter(struct s3_call *call, bool *url);

#endif
