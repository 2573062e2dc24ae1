/* A slot of S3 operations, for the files that start them. */
#ifndef PERF_S3_SLOT_H
#define PERF_S3_SLOT_H

#include <stddef.h>

#include "loop_core.h"
#include "protocols.h"

struct s3_slot {
    struct perf_slot slot;
    union {
        struct hr_s3_put put;
        struct hr_s3_get get;
        struct hr_s3_head head;
        struct hr_s3_list list;
        struct hr_s3_delete remove;
        struct hr_s3_upload upload;
        struct hr_s3_download download;
    } any;               /* of the step's kind */
    enum perf_kind held; /* the kind of the step before */
    bool differs;        /* the body that was read is not the one that was written */
    uint64_t position;   /* in the body that is read */
    void *memory;        /* of a download whose body is compared; NULL: none */
    char key[PERF_KEY_SIZE];
};
_Static_assert(offsetof(struct s3_slot, slot) == 0, "a loop sees the beginning of its slots");

static inline struct s3_slot *s3_slot_of(struct perf_slot *slot) {
    return (struct s3_slot *)slot;
}

static inline const struct perf_s3_target *s3_target_of(const struct s3_slot *s3) {
    return s3->slot.loop->options.target;
}

static inline const struct perf_workload *s3_workload_of(const struct s3_slot *s3) {
    return s3->slot.loop->options.workload;
}

/* s3_transfers.c: uploads and downloads of any size. */
int s3_start_upload(struct s3_slot *s3);
int s3_start_download(struct s3_slot *s3);
/* A transfer has ended, at whatever: its attempts become those beyond its requests, its memory is
 * compared (`differs`, `position`) and freed. */
void s3_transfer_ended(struct s3_slot *s3, struct perf_outcome *outcome);

#endif
