/* A store by a script, for scenarios of the S3 client: it keeps a model of objects and uploads of
 * its own, written from the S3 API and not from our server, and fails before or behind an effect as
 * luck has it. One client asks it. */
#ifndef HR_SIM_SCENARIO_STORE_H
#define HR_SIM_SCENARIO_STORE_H

#include "scenario.h"

#define STORE_KEYS_MAX    64 /* keys are their numbers */
#define STORE_UPLOADS_MAX 128
#define STORE_PARTS_MAX   8
#define STORE_BODY_MAX    16384 /* of a request */
#define STORE_ETAG_SIZE   40
#define STORE_BUCKET      "bucket"

/* Bytes of an object or a part; data NULL: there is none. */
struct store_bytes {
    char *data;
    size_t size;
    char etag[STORE_ETAG_SIZE];
    unsigned writes; /* so often it was made */
};

enum store_upload_state { STORE_OPEN, STORE_COMPLETED, STORE_ABORTED, STORE_VANISHED };

struct store_upload {
    unsigned key;
    enum store_upload_state state;
    struct store_bytes parts[STORE_PARTS_MAX + 1]; /* by number */
    unsigned completes, part_requests;
    bool doubtful; /* an effect whose answer may not have been told */
};

/* One request as the store has received it. */
struct store_request {
    struct scenario_store *store;
    hr_http_exchange *exchange;
    unsigned key, upload, part; /* 0: none */
    char method[8];
    char query[200];
    size_t size;
    char body[STORE_BODY_MAX];
    /* The answer. */
    unsigned status;
    char text[600], etag[STORE_ETAG_SIZE + 4], region[24], location[64];
    struct store_bytes object; /* of a GET or a HEAD: a copy */
    bool has_object;
    char range[64];                         /* Content-Range */
    char checksum[HR_S3_CHECKSUM_TEXT_MAX]; /* CRC32 */
    bool breaks;                            /* the object, at this byte */
    size_t break_at, produced;
    bool paused;
    struct hr_timer ending; /* what has been produced goes out before the end */
    struct hr_reactor *reactor;
};

/* Where an answer is lost, and in which way. */
enum store_fault {
    STORE_NO_FAULT,
    STORE_503,        /* before the effect; so the next three */
    STORE_200_ERROR,  /* white space and <Error> of an internal error */
    STORE_SILENT,     /* no answer at all */
    STORE_VANISH,     /* the upload is gone, as by a rule of the bucket, and a 500 says nothing */
    STORE_500_BEHIND, /* behind the effect; so the next two */
    STORE_SILENT_BEHIND,
    STORE_BROKEN, /* the answer breaks off */
};

struct scenario_store {
    struct scenario *scenario;
    hr_http_server *server;
    struct store_bytes objects[STORE_KEYS_MAX + 1];
    struct store_upload uploads[STORE_UPLOADS_MAX + 1];
    unsigned upload_count;
    uint16_t faults; /* of 65536, for each request */
    bool vanishes;   /* uploads may vanish */
    bool closed;
    uint64_t requests;
    /* Judges the head before anything else; false: it has filled the answer. NULL: all pass. */
    bool (*admit)(struct store_request *request);
    void *user;
};

/* At store.test; and a client of it, with what the options leave open. */
void scenario_store_open(struct scenario_store *store, struct scenario *scenario);
void scenario_store_client(struct scenario_store *store, struct hr_s3_client_options options);
/* The client alone is closing from now on. */
void scenario_store_shut(struct scenario_store *store);
/* No request waits: all is closed, and what is left over is a finding. */
void scenario_store_close(struct scenario_store *store);
/* The answer is an error document. */
void scenario_store_refuse(struct store_request *request, unsigned status, const char *code);

/* scenario_store_model.c: the effects. */
void scenario_store_put(struct store_bytes *bytes, const char *data, size_t size);
void scenario_store_apply(struct store_request *request);
void scenario_store_free(struct scenario_store *store);

#endif
