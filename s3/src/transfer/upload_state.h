/* Shared by the files of an upload under way. All on its reactor. */
#ifndef HR_S3_UPLOAD_STATE_H
#define HR_S3_UPLOAD_STATE_H

#include "part_memory.h"
#include "part_reader.h"
#include "part_source.h"
#include "s3_call.h"

enum hr__upload_phase {
    HR__UPLOAD_RESUMING, /* what an earlier run has left is looked at */
    HR__UPLOAD_READING,  /* a producer's first part, which says whether there are several */
    HR__UPLOAD_PUTTING,  /* all of it, by one request */
    HR__UPLOAD_CREATING, /* the multipart upload; the first part may lie there already */
    HR__UPLOAD_SENDING,
    HR__UPLOAD_COMPLETING,
    HR__UPLOAD_ABORTING,
};

enum hr__upload_slot_state { HR__SLOT_FREE, HR__SLOT_FILLED, HR__SLOT_SENDING };

/* A part under way. */
struct hr__upload_slot {
    struct hr__upload *upload;
    enum hr__upload_slot_state state;
    uint64_t size;                 /* bytes of the part */
    char *memory;                  /* of a producer's part; NULL: none */
    size_t memory_size;            /* which the budget is charged with */
    struct hr__part_vector vector; /* of a vector's part */
    struct hr_s3_upload_part part;
    struct hr_refusal refusal; /* of it; the user's is that of the part that failed first */
};

struct hr__upload {
    struct hr_s3_upload *user;
    hr_s3_client *client;
    struct hr__s3_shard *shard;
    enum hr__upload_phase phase;
    enum hr_s3_checksum_algorithm algorithm; /* of the parts and of the whole; NONE: none */
    enum hr_s3_checksum_type type;
    uint64_t part_size;  /* of the first part; of all where the size is known */
    uint64_t offset;     /* of the next part */
    bool cut;            /* nothing of the body is behind `offset` */
    unsigned active;     /* requests in progress */
    bool abort_may_pass; /* the abort has failed, and may be asked for again */
    int failure;         /* the first one; its error is in the user's request */
    struct hr_s3_completed_part *parts;
    size_t part_count, part_room;
    struct hr__part_reader reader;   /* of a producer … */
    struct hr__upload_slot *reading; /* … the slot that it fills, or that waits for memory */
    struct hr__part_waiter waiter;
    unsigned held;      /* slots that have memory */
    struct iovec whole; /* a producer's body that is one part */
    union {
        struct hr_s3_put put;
        struct hr_s3_upload_create create;
        struct hr_s3_upload_complete complete;
        struct hr_s3_upload_abort abort;
        struct hr_s3_part_list parts;
        struct hr_s3_upload_list uploads;
    } asked;
    char upload_id[HR_S3_UPLOAD_ID_MAX + 1]; /* empty: there is none */
    /* Of the phases: something has ended, so it may go on; the first part of a producer is read. */
    void (*step)(struct hr__upload *upload);
    void (*first_read)(struct hr__upload *upload);
    void (*anew)(struct hr__upload *upload); /* begins: nothing of it is at the store */
    struct hr__upload_journal *journal;      /* NULL: none */
    struct hr__upload_orphans *orphans;      /* while they are looked for */
    unsigned slot_count;
    struct hr__upload_slot slots[];
};

/* upload_state.c. */
/* It fails with `code`, and nothing more is read, waited for or asked; `error` says more, NULL: its
 * text does. Only the first failure counts. */
void hr__upload_fail(struct hr__upload *upload, int code, const struct hr_error *error);
/* A request of the upload has ended: its attempts are the user's. */
void hr__upload_count(struct hr__upload *upload, const struct hr_request *request);
/* Begins the request in `asked`. Where that cannot be, the upload has failed. */
void hr__upload_ask(struct hr__upload *upload, enum hr__s3_kind kind,
                    void (*on_done)(struct hr_request *request));
/* The store says that it has no such upload. Any other 404 may be a proxy's. */
bool hr__upload_is_unknown(const struct hr_request *request);
/* The same of an abort of `upload_id`. */
void hr__upload_ask_abort(struct hr__upload *upload, void (*on_done)(struct hr_request *request));

/* upload_parts.c: bodies and parts. */
static inline bool hr__upload_produced(const struct hr__upload *upload) {
    return upload->user->body.kind == HR_SOURCE_PRODUCER;
}
/* Sends parts and reads others, as many as may be at once. */
void hr__upload_parts_pump(struct hr__upload *upload);
void hr__upload_parts_free(struct hr__upload *upload);

#endif
