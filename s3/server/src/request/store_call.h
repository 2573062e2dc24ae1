/* One request on its way through the server: head, verification, operation, body, response. Lives
 * from on_request until the exchange's end. On its reactor's thread. */
#ifndef S3_SERVER_CALL_H
#define S3_SERVER_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/http_server.h>

#include "arena.h"
#include "auth.h"
#include "checksums.h"
#include "conditions.h"
#include "object.h"
#include "route.h"
#include "store.h"
#include "store_body.h"
#include "store_errors.h"
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
    char *access_key, *secret_key, *region, *domain;
    bool secure; /* over TLS */
    uint64_t time_offset_s;
    char host_id[25];
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
    bool ignore_checksums; /* as in struct s3_body_plan */
    /* Before the body is requested; NULL: nothing to do. A refusal here saves the transfer. */
    enum s3_error (*begin)(struct s3_call *call);
    /* With the whole body, verified. Responds, or returns an error. */
    enum s3_error (*end)(struct s3_call *call);
};

struct s3_call {
    struct s3_server_s *server;
    hr_http_exchange *exchange;
    const struct s3_handler *handler;
    enum s3_operation operation;
    struct s3_request request;
    struct s3_identity identity;
    struct s3_body body;
    unsigned digests; /* wanted besides the handler's */
    struct s3_conditions conditions;
    struct s3_object *object;     /* what is sent; a reference until the end */
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
    bool responded; /* the exchange has its response, and no field is added any more */
    char bucket_region[S3_REGION_MAX + 1]; /* of s3_server__bucket_region_of */
    struct hr_slice content_range;         /* of a refused range; empty: none */
    /* Bucket and key in the error document; empty: the request's. */
    struct hr_slice blamed_bucket, blamed_key;
    struct s3_arena arena;
};

/* on_request.c: the HTTP server's on_request; `user` is the s3_server. */
void s3_server__on_request(void *user, hr_http_exchange *exchange);
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
void s3_server__add_checksum(struct s3_call *call, const struct s3_object *object);
/* Writes an object's checksum as elements of a document; nothing where it has none. */
void s3_server__xml_checksum(struct s3_xml *xml, const struct s3_object *object, bool with_type);

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
    s3_server__list_uploads;

/* ---- Shared by handlers that write: metadata.c. */
/* Fills call->plan's fields, storage class and key from the request. */
enum s3_error s3_server__read_metadata(struct s3_call *call);
/* Adds the field of the encryption that an object with these fields was stored with, if any. */
void s3_server__add_encryption(struct s3_call *call, const struct hr_http_field *fields,
                               size_t count);

/* ---- unsigned.c. */
/* Handles requests that come without a signature: refuses a preflight of CORS and an upload by a
 * form, and sets the handler of a health check. S3_OK without a handler for any other request. */
enum s3_error s3_server__check_unsigned(struct s3_call *call);

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
