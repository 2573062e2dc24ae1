/* Uploads of files: a small one is read at once, so it is of one time; a larger one is sent from
 * the disk, and again where it has changed meanwhile. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tree_job_core.h"

#define TRIES_MAX 3

/* The end of a name by which its type is known: ".txt", ".tar.gz". "": it has none. */
static const char *end_of(struct hr_slice name, char end[16]) {
    size_t at = name.size;
    while (at && name.data[at - 1] != '.' && name.data[at - 1] != '/') at--;
    if (at && name.data[at - 1] == '.') at--;
    if (at > 4 && memcmp(name.data + at - 4, ".tar", 4) == 0) at -= 4;
    size_t size = name.size - at;
    if (at == name.size || name.data[at] != '.' || size >= 16) size = 0;
    if (size) memcpy(end, name.data + at, size);
    end[size] = '\0';
    return end;
}

static unsigned place_in_cache(const char *end) {
    unsigned place = 5381;
    while (*end) place = place * 33 + (unsigned char)*end++;
    return place % 64;
}

/* The type by the end of the name alone, so that the system's tables are read once for each. */
static const char *type_of(struct tree_copy *copy, struct hr_slice name,
                           char own[MEDIA_TYPE_SIZE]) {
    char end[16], file[32];
    if (copy->upload.content_type) return copy->upload.content_type;
    if (!*end_of(name, end)) return MEDIA_TYPE_UNKNOWN;
    unsigned place = place_in_cache(end);
    char *type = copy->types[place];
    if (!*type || strcmp(copy->types_of[place], end) != 0) {
        snprintf(file, sizeof file, "file%s", end);
        if (!media_type_of(file, type)) snprintf(type, MEDIA_TYPE_SIZE, "%s", MEDIA_TYPE_UNKNOWN);
        snprintf(copy->types_of[place], sizeof copy->types_of[place], "%s", end);
    }
    return memcpy(own, type, MEDIA_TYPE_SIZE);
}

static bool is_changed(const struct stat *a, const struct stat *b) {
    return a->st_size != b->st_size || a->st_mtim.tv_sec != b->st_mtim.tv_sec ||
           a->st_mtim.tv_nsec != b->st_mtim.tv_nsec;
}

/* All of a small file; -EAGAIN: it has changed meanwhile. */
static int read_small(struct tree_job *job) {
    size_t size = (size_t)job->before.st_size, at = 0;
    struct stat now;
    if (!tree_job_small(job)) return -ENOMEM;
    while (at < size) {
        ssize_t got = pread(job->fd, job->small + at, size - at, (off_t)at);
        if (got < 0) return -errno;
        if (got == 0) return -EAGAIN;
        at += (size_t)got;
    }
    if (fstat(job->fd, &now) != 0) return -errno;
    return is_changed(&job->before, &now) ? -EAGAIN : 0;
}

static void finish(struct tree_work *work);

static void send_body(struct tree_job *job, struct hr_source body) {
    struct tree_copy *copy = job->copy;
    struct hr_s3_upload *upload = &job->request.upload;
    *upload = copy->upload;
    upload->bucket = copy->run.target.place.bucket;
    upload->key = job->target_key;
    upload->body = body;
    upload->transfer = copy->transfer;
    upload->content_type = type_of(copy, job->name, job->type);
    job->size_bytes = body.size;
    job->work.finish = finish;
    tree_pool_prepare(&copy->run.pool, &job->work, &upload->request);
    tree_pool_started(&job->work, hr_s3_upload_start(copy->run.session->client, upload));
}

static void send_file(struct tree_job *job) {
    int err;
    for (; job->tries < TRIES_MAX; job->tries++) {
        if (fstat(job->fd, &job->before) != 0) {
            tree_job_fail(job, -errno, "cannot read it: %s", hr_error_text(-errno));
            return;
        }
        if (job->before.st_size > TREE_SMALL_MAX) {
            send_body(job, hr_source_fd(job->fd, (struct hr_file_range){
                                                     .size = (uint64_t)job->before.st_size}));
            return;
        }
        err = read_small(job);
        if (err == -EAGAIN) continue;
        if (err)
            tree_job_fail(job, err, "cannot read it: %s", hr_error_text(err));
        else
            send_body(job, hr_source_bytes(job->small, (size_t)job->before.st_size));
        return;
    }
    tree_job_fail(job, -EAGAIN, "it changes while it is read");
}

static bool is_small(const struct tree_job *job) {
    return job->before.st_size <= TREE_SMALL_MAX;
}

static void finish(struct tree_work *work) {
    struct tree_job *job = (void *)work;
    const struct hr_request *request = work->request;
    const char *left = job->request.upload.upload_id_left;
    struct stat now;
    bool changed = !is_small(job) && fstat(job->fd, &now) == 0 && is_changed(&job->before, &now);
    if (*left)
        output_complain("the upload %s of s3://%s/%s could not be aborted: it is still at the "
                        "store",
                        left, job->copy->run.target.place.bucket, job->target_key);
    if (changed && !tree_run_stopped(&job->copy->run)) {
        job->tries++;
        send_file(job);
        return;
    }
    tree_job_end(job, request->result ? &request->error : NULL);
}

void tree_upload_start(struct tree_job *job, const struct tree_entry *entry) {
    int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (job->copy->follow ? 0 : O_NOFOLLOW);
    struct stat info;
    job->fd = openat(entry->folder_fd, entry->base, flags);
    if (job->fd < 0 || fstat(job->fd, &info) != 0) {
        tree_job_fail(job, -errno, "cannot read it: %s", hr_error_text(-errno));
        return;
    }
    /* io_uring answers -EAGAIN for a file that is not to block. */
    if (!S_ISREG(info.st_mode) || fcntl(job->fd, F_SETFL, 0) != 0)
        tree_job_fail(job, -EINVAL, "it is no plain file any more");
    else
        send_file(job);
}
