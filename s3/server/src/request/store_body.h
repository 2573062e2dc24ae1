/* A request's body on its way into memory or into a file: aws-chunked framing taken off, digests
 * taken, limits kept, and at the end everything compared with what the client claimed. */
#ifndef S3_SERVER_BODY_H
#define S3_SERVER_BODY_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "auth.h"
#include "checksums.h"
#include "chunked.h"
#include "disk.h"
#include "file_writer.h"
#include "object.h"
#include "route.h"
#include "store_errors.h"

struct s3_body {
    struct s3_blob *blob;          /* the bytes; whoever takes the reference over sets it to NULL */
    struct s3_file_writer *writer; /* NULL: into memory */
    struct s3_digests digests;
    struct hr_s3_checksum claimed; /* of the header or the trailer; algorithm NONE: none */
    /* private */
    struct s3_chunked *chunked; /* the arena's; NULL: not aws-chunked */
    hr_sigv4_stream *stream;
    uint64_t size_max, expected; /* HR_SIZE_UNKNOWN: not told */
    bool check_sha256, check_md5;
    uint8_t sha256[32], md5[16];
    enum hr_s3_checksum_algorithm trailer; /* announced in x-amz-trailer; NONE: none */
    enum s3_error error;
    bool finished; /* read by its owner, too: all of it has come */
    char *message; /* of 256 bytes, the caller's */
};

struct s3_body_plan {
    const struct s3_request *request;
    const struct s3_identity *identity;
    const struct s3_auth *auth;
    struct s3_account *account;
    struct s3_disk *disk;         /* NULL: into memory */
    void (*on_ready)(void *user); /* with a disk: there is room again, or a flush has ended */
    void *user;
    struct s3_arena *arena;
    uint64_t wire_size;    /* HR_SIZE_UNKNOWN: chunked by HTTP */
    uint64_t size_max;     /* more: EntityTooLarge */
    bool needs_length;     /* else: MissingContentLength */
    unsigned digests;      /* wanted besides those that the claims need */
    bool ignore_checksums; /* the x-amz-checksum-… headers are about something else */
    char *message;         /* 256 bytes: set where the error's own text says too little */
};

/* Reads the claims and allocates the memory. On error there is nothing to deinit. */
enum s3_error s3_server__body_begin(struct s3_body *body, const struct s3_body_plan *plan);
/* Adds bytes. An error is kept for finish: until the body has ended the client may not be reading.
 */
/* Whether to wait for on_ready with the next bytes. */
bool s3_server__body_is_full(const struct s3_body *body);
void s3_server__body_feed(struct s3_body *body, const void *data, size_t size);
enum s3_error s3_server__body_finish(struct s3_body *body);
/* After finish: whether all bytes are where they belong; else on_ready comes, and then it is so.
 * `*error`: why they are not. */
bool s3_server__body_flush(struct s3_body *body, enum s3_error *error);
void s3_server__body_deinit(struct s3_body *body); /* zeroed: nothing */

#endif
