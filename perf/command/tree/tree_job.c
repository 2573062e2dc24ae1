/* Jobs: taken, started by their kind, ended. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tree_job_core.h"

#define COPY_BYTES_MAX (UINT64_C(5) << 30) /* S3's limit for one copy */

static void finish_copy(struct tree_work *work) {
    struct tree_job *job = (void *)work;
    tree_job_end(job, work->request->result ? &work->request->error : NULL);
}

static void start_copy(struct tree_job *job) {
    struct tree_copy *copy = job->copy;
    struct hr_s3_copy *request = &job->request.copy;
    if (job->size_bytes > COPY_BYTES_MAX) {
        tree_job_fail(job, -EFBIG, "it is larger than the 5 GiB that one copy takes");
        return;
    }
    *request =
        (struct hr_s3_copy){.bucket = copy->run.target.place.bucket,
                            .key = job->target_key,
                            .source = {.bucket = copy->run.source.place.bucket, .key = job->key},
                            .options = copy->upload.options};
    job->work.finish = finish_copy;
    tree_pool_prepare(&copy->run.pool, &job->work, &request->request);
    tree_pool_started(&job->work, hr_s3_copy_start(copy->run.session->client, request));
}

/* The prefix and the name as a key; false: it is too long. */
static bool make_key(const struct tree_end *end, struct hr_slice name, char key[TREE_KEY_MAX + 1]) {
    size_t size = strlen(end->place.key);
    if (size + name.size > TREE_KEY_MAX) return false;
    memcpy(key, end->place.key, size);
    memcpy(key + size, name.data, name.size);
    key[size + name.size] = '\0';
    return true;
}

static struct tree_job *take(struct tree_copy *copy, const struct tree_entry *entry) {
    struct tree_job *job = copy->free_jobs;
    if (job)
        copy->free_jobs = job->next_free;
    else
        job = calloc(1, sizeof *job);
    if (!job) return NULL;
    job->copy = copy;
    job->fd = job->file.fd = job->file.folder_fd = -1;
    job->tries = 0;
    job->size_bytes = entry->size_bytes;
    job->time_s = entry->time_s;
    job->work.weight = 1;
    assert(entry->name.size <= TREE_KEY_MAX);
    memcpy(job->name_text, entry->name.data, entry->name.size);
    job->name = hr_slice_bytes(job->name_text, entry->name.size);
    return job;
}

/* A transfer of several parts counts as so many as are under way at once. */
static unsigned weight_of(const struct tree_copy *copy, uint64_t size_bytes) {
    const struct hr_s3_transfer_options *transfer = &copy->transfer;
    uint64_t part = transfer->part_size ? transfer->part_size : HR_S3_PART_SIZE_DEFAULT;
    uint64_t parts = size_bytes / part + 1;
    return (unsigned)(parts < transfer->parallel ? parts : transfer->parallel);
}

static void refuse(struct tree_copy *copy, const struct tree_entry *entry, int code,
                   const char *why) {
    struct hr_error error = {0};
    const struct tree_action action = {"copy", &copy->run.source, &copy->run.target, entry->name,
                                       0};
    hr_error_set(&error, code, "%s", why);
    tree_report_failed(&copy->run, &action, &error);
}

void tree_job_start(struct tree_copy *copy, const struct tree_entry *entry) {
    const struct tree_end *source = &copy->run.source, *target = &copy->run.target;
    const char *why = target->remote ? NULL : tree_name_refused(entry->name);
    if (!why && memchr(entry->name.data, '\0', entry->name.size)) why = "its key has a NUL";
    if (entry->name.size > TREE_KEY_MAX) why = "its key would be longer than S3's 1024 bytes";
    if (why) {
        refuse(copy, entry, -EINVAL, why);
        return;
    }
    struct tree_job *job = take(copy, entry);
    if (!job) {
        refuse(copy, entry, -ENOMEM, hr_error_text(-ENOMEM));
        return;
    }
    if ((source->remote && !make_key(source, job->name, job->key)) ||
        (target->remote && !make_key(target, job->name, job->target_key)))
        tree_job_fail(job, -ENAMETOOLONG, "its key would be longer than S3's 1024 bytes");
    else if (copy->run.values->dry_run)
        tree_job_end(job, NULL);
    else if (source->remote && target->remote)
        start_copy(job);
    else {
        job->work.weight = weight_of(copy, job->size_bytes);
        if (source->remote)
            tree_download_start(job);
        else
            tree_upload_start(job, entry);
    }
}

void tree_jobs_free(struct tree_copy *copy) {
    struct tree_job *next;
    for (struct tree_job *job = copy->free_jobs; job; job = next) {
        next = job->next_free;
        free(job->small);
        free(job);
    }
    copy->free_jobs = NULL;
}
