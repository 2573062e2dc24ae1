/* Finds out at run time what a store is capable of. */
#ifndef HEADRACE_S3_PROBE_H
#define HEADRACE_S3_PROBE_H

#include <headrace/s3_client.h>

#ifdef __cplusplus
extern "C" {
#endif

enum hr_s3_probe_verdict {
    HR_S3_PROBE_NOT_TRIED = 0,
    HR_S3_PROBE_YES = 1,
    HR_S3_PROBE_NO = 2,
};

#define HR_S3_PROBE_PROVIDER_MAX 128

/* One thing that was tried; valid during the call. */
struct hr_s3_probe_finding {
    const char *name; /* "list-v2", "encoding-type", "checksum-crc32" …, "conditional-put",
                         "multipart-etag", "trailer-crc32" …; static storage */
    enum hr_s3_probe_verdict verdict;
    const char *detail; /* why, or "" */
    uint64_t reserved[2];
};

struct hr_s3_probe {
    const char *bucket;
    uint32_t timeout_ms; /* of each request; 0 is 10 s */
    /* Called after each, on the thread of the call; may be NULL. A negative return ends the probe
     * with it, after its objects are removed. */
    int (*on_finding)(struct hr_s3_probe *probe, const struct hr_s3_probe_finding *finding);
    void *user;
    /* Out. */
    char provider[HR_S3_PROBE_PROVIDER_MAX]; /* for hr_s3_client_options: "other,plain-keys" */
    struct hr_error error;
    uint64_t reserved[4];
};

/* Tries a store's features with small objects of its own, `headrace-probe-…`, and removes them. A
 * feature that it lacks is a finding, not an error. Blocks; refused with -EDEADLK on a reactor's
 * thread. -EINVAL (no client, bucket or probe; reserved), what on_finding returned, or the error of
 * a first object that could not be written, with `error`. Any other thread. */
HR_API int hr_s3_probe_run(hr_s3_client *client, struct hr_s3_probe *probe);

#ifdef __cplusplus
}
#endif

#endif
