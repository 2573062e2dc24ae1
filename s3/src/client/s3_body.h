/* The body of a request: how it is signed, which checksum goes with it and where. */
#ifndef HR_S3_BODY_H
#define HR_S3_BODY_H

#include <headrace/s3.h>
#include <net/http_hooks.h>

#include "chunk_encoder.h"
#include "payload.h"

struct hr__s3_call;
struct hr__s3_message;
struct hr__s3_signing;

/* Wishes of a request about its checksum. */
struct hr__s3_body_wish {
    enum hr_s3_checksum_algorithm algorithm; /* NONE: the client's choice */
    const struct hr_s3_checksum *value;      /* of the body, known already; NULL: it is computed */
    const struct hr_http_field *fields;      /* the user's, which may have one */
    size_t field_count;
    bool is_default;     /* without an algorithm, too, where the client's option says so */
    bool is_required;    /* … and where it does not */
    bool is_conditional; /* a second attempt could be refused for what the first has done */
};

/* Of one call; cleared between two. */
struct hr__s3_body {
    enum hr_s3_payload payload;              /* as the request says */
    enum hr_s3_checksum_algorithm algorithm; /* it goes with the body; NONE: none does */
    const struct hr_s3_checksum *given;      /* the caller's value */
    bool is_chosen;                          /* by the request: it does not go without */
    bool is_default, is_required, is_conditional;
    bool has_own;   /* a field of the user's is one */
    bool is_signed; /* the SHA-256 of the body is in the signature */
    bool is_chunked, signs_chunks;
    bool is_known;       /* the value: it goes as a header field */
    bool is_stored;      /* the store has named one in this attempt */
    unsigned mismatches; /* of the attempts so far */
};

/* The same, not cleared between two calls. */
struct hr__s3_body_memory {
    struct hr_s3_checksum value;       /* with is_known */
    struct hr_s3_checksum stored;      /* the store's, with is_stored */
    struct hr__chunk_encoder *encoder; /* NULL: none was needed yet */
    struct hr__payload payload;        /* the pass over it; zeroed before it begins */
    char text[HR_S3_CHECKSUM_TEXT_MAX];
};

/* The checksum of a body in this bucket where nobody chooses; NONE: none. */
enum hr_s3_checksum_algorithm hr__s3_body_usual(const struct hr_s3_client_s *client,
                                                struct hr_slice bucket);

/* For prepare functions: what the request wishes. -EINVAL, with a message: two wishes at odds. */
int hr__s3_body_wish(struct hr__s3_call *call, const struct hr__s3_body_wish *wish);

/* The request is known, and where it goes: decides. 0; HR_ERR_S3_TLS_NEEDED,
 * HR_ERR_SOURCE_NOT_REWINDABLE, -ENOMEM, -ENOTSUP, with a message. */
int hr__s3_body_plan(struct hr__s3_call *call);
/* Whether the body has to be read before it is sent. */
bool hr__s3_body_is_read_first(const struct hr__s3_call *call);
/* Begins that. As hr__payload_begin, with on_done. */
int hr__s3_body_read(struct hr__s3_call *call,
                     void (*on_done)(struct hr__payload *payload, int result));
/* It has been read. */
void hr__s3_body_was_read(struct hr__s3_call *call);

/* The value of x-amz-content-sha256; empty: of no body. */
struct hr_slice hr__s3_body_hash(const struct hr__s3_call *call);
/* A head is written and, unless the client is anonymous, signed: its chunks begin. 0, -ENOMEM,
 * -ENOTSUP. */
int hr__s3_body_begin(struct hr__s3_call *call, const struct hr__s3_signing *signing,
                      const struct hr__s3_message *message);
extern const struct hr_http_framing hr__s3_body_framing;

/* The head of a good response. HR_ERR_S3_RESPONSE: its checksum is malformed. */
int hr__s3_body_head(struct hr__s3_call *call, const struct hr_http_head *head,
                     struct hr_error *error);
/* The response has come whole: 0, or HR_ERR_S3_CHECKSUM where the store names another value than
 * ours; whether a second attempt may put it right. */
int hr__s3_body_compare(struct hr__s3_call *call, struct hr_error *error, bool *again);
/* The value that went with the body; its algorithm is NONE where none did. */
struct hr_s3_checksum hr__s3_body_sent(const struct hr__s3_call *call);

/* The call has ended: wipes the key that its chunks were signed with. */
void hr__s3_body_end(struct hr__s3_body_memory *memory);
/* Frees. */
void hr__s3_body_memory_deinit(struct hr__s3_body_memory *memory);

#endif
