/* One copy on its way, which its kinds share. */
#ifndef COMMAND_TREE_JOB_CORE_H
#define COMMAND_TREE_JOB_CORE_H

#include <sys/stat.h>

#include "tree_job.h"

#define TREE_KEY_MAX 1024

struct tree_job {
    struct tree_work work; /* first */
    struct tree_copy *copy;
    struct tree_job *next_free;
    char key[TREE_KEY_MAX + 1], target_key[TREE_KEY_MAX + 1];
    char name_text[TREE_KEY_MAX + 1];
    struct hr_slice name;
    uint64_t size_bytes, time_s;
    int fd;             /* of an upload; -1: none */
    struct stat before; /* of the file, when it was opened */
    unsigned tries;
    char type[MEDIA_TYPE_SIZE];
    struct tree_file file; /* of a download */
    char *small;           /* TREE_SMALL_MAX bytes, or NULL: never needed yet */
    union {
        struct hr_s3_upload upload;
        struct hr_s3_get get;
        struct hr_s3_download download;
        struct hr_s3_copy copy;
    } request;
};

/* Memory for small bodies; NULL: there is none. */
char *tree_job_small(struct tree_job *job);

/* The job has ended: reports it, and it is free for another one. `error` NULL: it is done. */
void tree_job_end(struct tree_job *job, const struct hr_error *error);
/* The same with a code and a sentence. */
void tree_job_fail(struct tree_job *job, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void tree_upload_start(struct tree_job *job, const struct tree_entry *entry);
void tree_download_start(struct tree_job *job);

#endif
