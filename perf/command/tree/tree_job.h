/* Copies of single entries: an upload, a download, a copy inside of the store. */
#ifndef COMMAND_TREE_JOB_H
#define COMMAND_TREE_JOB_H

#include <headrace/s3.h>

#include "media_type.h"
#include "tree_run.h"

#define TREE_SMALL_MAX 65536 /* read and written at once, and sent from memory */

struct tree_job;

/* A run that copies. */
struct tree_copy {
    struct tree_run run;
    struct hr_s3_upload upload; /* options of all uploads */
    struct hr_s3_read_options read;
    struct hr_s3_transfer_options transfer;
    bool follow;
    struct tree_target files; /* of downloads */
    struct tree_job *free_jobs;
    char types_of[64][16], types[64][MEDIA_TYPE_SIZE]; /* media types by the ends of names */
};

/* Starts the copy of an entry, or reports why it cannot be. */
void tree_job_start(struct tree_copy *copy, const struct tree_entry *entry);
void tree_jobs_free(struct tree_copy *copy);

#endif
