/* Shared by the files of a copy under way. All on its reactor. */
#ifndef HR_S3_COPY_STATE_H
#define HR_S3_COPY_STATE_H

#include "copy_source.h"
#include "s3_call.h"

enum hr__copy_phase {
    HR__COPY_LOOKING, /* at the source */
    HR__COPY_WHOLE,   /* all of it, by one request */
    HR__COPY_TAGGING, /* asking for the source's tags */
    HR__COPY_CREATING,
    HR__COPY_PARTS,
    HR__COPY_COMPLETING,
    HR__COPY_ABORTING,
};

/* A part under way. */
struct hr__copy_slot {
    struct hr__copy *copy;
    bool busy;
    uint64_t size;
    struct hr_s3_upload_part_copy part;
    struct hr_refusal refusal; /* of it; the user's is that of the part that failed first */
};

struct hr__copy {
    struct hr_s3_transfer_copy *user;
    hr_s3_client *client;
    enum hr__copy_phase phase;
    struct hr__copy_source source;
    enum hr_s3_checksum_type type; /* of the parts and of the whole; NONE: there is no algorithm */
    uint64_t part_size;
    uint64_t offset; /* of the next part */
    unsigned active; /* requests in progress */
    int failure;     /* the first one; its error is in the user's request */
    struct hr_s3_completed_part *parts;
    size_t part_count; /* of the object */
    union {
        struct hr_s3_head head;
        struct hr_s3_copy whole;
        struct hr_s3_tags_get tags;
        struct hr_s3_upload_create create;
        struct hr_s3_upload_complete complete;
        struct hr_s3_upload_abort abort;
    } asked;
    char upload_id[HR_S3_UPLOAD_ID_MAX + 1]; /* empty: there is none */
    void (*step)(struct hr__copy *copy);     /* of the phases: a part has ended, so it may go on */
    unsigned slot_count;
    struct hr__copy_slot slots[];
};

/* copy_state.c. */
/* It fails with `code`, and nothing more is asked; `error` says more, NULL: its text does. Only the
 * first failure counts. */
void hr__copy_fail(struct hr__copy *copy, int code, const struct hr_error *error);
/* A request of the copy has ended: its attempts are the user's. */
void hr__copy_count(struct hr__copy *copy, const struct hr_request *request);
/* So many bytes more are copied, as one part; the user's on_progress may end the copy. */
void hr__copy_progress(struct hr__copy *copy, uint64_t size);
/* Says that the source is another object now. */
int hr__copy_changed(struct hr_error *error);
/* The source as requests name it that must find the object which HEAD has told: by its ETag, and by
 * the user's conditions where it has none that tells it from others. */
struct hr_s3_copy_source hr__copy_source_now(const struct hr__copy *copy);
/* A weak ETag tells no object from another: a comparison by If-Match fails for it. */
bool hr__copy_has_etag(const struct hr__copy *copy);

/* copy_parts.c. */
/* Cuts the source into parts. 0, -ENOMEM, or -EFBIG with the error set. */
int hr__copy_parts_open(struct hr__copy *copy);
/* Asks for parts, as many as may be at once. */
void hr__copy_parts_pump(struct hr__copy *copy);
void hr__copy_parts_free(struct hr__copy *copy);

#endif
