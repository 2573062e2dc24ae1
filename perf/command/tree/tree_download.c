/* Downloads into files: a small object comes into memory and is written when it is whole, a larger
 * one goes into the file by ranges. */
#include <errno.h>
#include <unistd.h>

#include "tree_job_core.h"

static void file_failed(struct tree_job *job, int err) {
    const char *why = err == -ENOTDIR  ? "a file or a link stands where its folder would be"
                      : err == -EISDIR ? "a folder stands where it would be"
                                       : hr_error_text(err);
    tree_job_fail(job, err, "cannot write it: %s", why);
}

/* It is whole: its time is the object's, by which the next sync knows it. */
static void keep(struct tree_job *job, const struct hr_s3_object_info *info) {
    uint64_t time_s = info->last_modified_s ? info->last_modified_s : job->time_s;
    int err = tree_file_keep(&job->file, job->name, time_s);
    if (err)
        file_failed(job, err);
    else
        tree_job_end(job, NULL);
}

static int write_all(int fd, const char *data, size_t size) {
    while (size) {
        ssize_t done = write(fd, data, size);
        if (done < 0) return -errno;
        data += done;
        size -= (size_t)done;
    }
    return 0;
}

static void finish_small(struct tree_work *work) {
    struct tree_job *job = (void *)work;
    struct hr_s3_get *get = &job->request.get;
    if (work->request->result) {
        tree_job_end(job, &work->request->error);
        return;
    }
    if (!get->info.size_unknown && get->body_bytes != get->info.size_bytes) {
        tree_job_fail(job, HR_ERR_HTTP_TRUNCATED, "%llu of %llu bytes came",
                      (unsigned long long)get->body_bytes,
                      (unsigned long long)get->info.size_bytes);
        return;
    }
    job->size_bytes = get->body_bytes;
    int err = tree_file_open(&job->copy->files, job->name, &job->file);
    if (!err) err = write_all(job->file.fd, job->small, (size_t)get->body_bytes);
    if (err)
        file_failed(job, err);
    else
        keep(job, &get->info);
}

static void finish_large(struct tree_work *work) {
    struct tree_job *job = (void *)work;
    if (work->request->result)
        tree_job_end(job, &work->request->error);
    else
        keep(job, &job->request.download.info);
}

static void start_small(struct tree_job *job) {
    struct tree_copy *copy = job->copy;
    struct hr_s3_get *get = &job->request.get;
    *get = (struct hr_s3_get){.bucket = copy->run.source.place.bucket,
                              .key = job->key,
                              .sink = hr_sink_bytes(job->small, TREE_SMALL_MAX),
                              .options = copy->read};
    job->work.finish = finish_small;
    tree_pool_prepare(&copy->run.pool, &job->work, &get->request);
    tree_pool_started(&job->work, hr_s3_get_start(copy->run.session->client, get));
}

static void start_large(struct tree_job *job) {
    struct tree_copy *copy = job->copy;
    struct hr_s3_download *download = &job->request.download;
    int err = tree_file_open(&copy->files, job->name, &job->file);
    if (err) {
        file_failed(job, err);
        return;
    }
    *download = (struct hr_s3_download){.bucket = copy->run.source.place.bucket,
                                        .key = job->key,
                                        .sink = hr_sink_fd(job->file.fd, 0),
                                        .options = copy->read,
                                        .transfer = copy->transfer};
    job->work.finish = finish_large;
    tree_pool_prepare(&copy->run.pool, &job->work, &download->request);
    tree_pool_started(&job->work, hr_s3_download_start(copy->run.session->client, download));
}

void tree_download_start(struct tree_job *job) {
    if (job->size_bytes > TREE_SMALL_MAX)
        start_large(job);
    else if (tree_job_small(job))
        start_small(job);
    else
        tree_job_fail(job, -ENOMEM, "%s", hr_error_text(-ENOMEM));
}
