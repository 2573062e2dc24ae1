/* The directions of headrace s3 cp. */
#ifndef COMMAND_S3_CP_H
#define COMMAND_S3_CP_H

#include "s3_object_values.h"
#include "s3_place.h"
#include "s3_upload_values.h"
#include "session.h"
#include "transfer_journal.h"
#include "tree_run.h"

struct s3_cp_values {
    struct connection_options connection;
    struct s3_object_values object;
    struct s3_upload_values upload;
    struct tree_values tree;
    uint64_t part_size, concurrency; /* 0: by the size */
    struct transfer_journal_options journal;
    uint64_t multipart_threshold; /* of a copy inside the store; 0: 5 GiB */
    const char *source_key;       /* SSE-C of such a copy's source: where it is */
    bool replace_metadata;
    bool recursive;
    bool json;
};

/* How a copy is cut. */
static inline struct hr_s3_transfer_options s3_cp_transfer(const struct s3_cp_values *values) {
    return (struct hr_s3_transfer_options){.part_size = values->part_size,
                                           .parallel = (uint32_t)values->concurrency};
}

/* The progress line: bytes through the engine, heads included. */
struct s3_meter {
    struct session *session;
    struct output_progress progress;
    uint64_t total;
    bool sending;
};
/* For session_wait; `user` is the meter. */
void s3_meter_show(void *user);

/* A copy that is done. */
struct s3_copied {
    const char *from, *to;
    uint64_t bytes;
    const char *etag, *version_id; /* "": none */
    const struct hr_request *request;
    const struct hr_s3_progress *progress; /* NULL: it came through a pipe */
};
void s3_copied_print(bool json, const struct s3_copied *copied);
/* A copy that has failed, and that the same command goes on with. */
void s3_copied_resumable(const struct hr_s3_progress *progress);

/* The target of an upload: a key that is empty or ends in '/' gets the file's name added, unless it
 * is exact. EXIT_DONE or EXIT_USAGE. */
int s3_upload_place(const struct s3_cp_values *values, const char *from, const char *to,
                    struct s3_place *place);
int s3_upload(const struct s3_cp_values *values, struct session *session, const char *from,
              const struct s3_place *place);
/* From store to store, in a session of its own; the target's key as of an upload. */
int s3_between(const struct s3_cp_values *values, const char *from, const char *to);
/* `to` "-" is standard output. */
int s3_download(const struct s3_cp_values *values, struct session *session, const char *from,
                const struct s3_place *place, const char *to);

#endif
