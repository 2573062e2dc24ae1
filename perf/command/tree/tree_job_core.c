/* The end of a job, however it was. */
#include "tree_job_core.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

static struct tree_action action_of(const struct tree_job *job) {
    struct tree_run *run = &job->copy->run;
    return (struct tree_action){"copy", &run->source, &run->target, job->name, job->size_bytes};
}

char *tree_job_small(struct tree_job *job) {
    if (!job->small) job->small = malloc(TREE_SMALL_MAX);
    return job->small;
}

void tree_job_end(struct tree_job *job, const struct hr_error *error) {
    const struct tree_action action = action_of(job);
    if (job->fd >= 0) close(job->fd);
    tree_file_drop(&job->file);
    if (error)
        tree_report_failed(&job->copy->run, &action, error);
    else
        tree_report_done(&job->copy->run, &action);
    job->next_free = job->copy->free_jobs;
    job->copy->free_jobs = job;
}

void tree_job_fail(struct tree_job *job, int code, const char *format, ...) {
    char text[400];
    struct hr_error error = {0};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    hr_error_set(&error, code, "%s", text);
    tree_job_end(job, &error);
}
