/* Objects of any size, each transfer one request: an upload sends parts beside each other, a
 * download asks for ranges beside each other, a copy has the store take ranges of an object
 * (docs/transfers.md). */
#ifndef HEADRACE_S3_TRANSFER_H
#define HEADRACE_S3_TRANSFER_H

#include <headrace/s3_multipart.h>
#include <headrace/s3_object.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HR_S3_PART_SIZE_MIN           UINT64_C(5242880)    /* 5 MiB; of all parts but the last */
#define HR_S3_PART_SIZE_MAX           UINT64_C(5368709120) /* 5 GiB */
#define HR_S3_PART_SIZE_DEFAULT       UINT64_C(8388608)    /* 8 MiB */
#define HR_S3_TRANSFER_PARALLEL_MAX   256
#define HR_S3_TRANSFER_PARALLEL_USUAL 8
#define HR_S3_COPY_WHOLE_MAX          UINT64_C(5368709120) /* 5 GiB; of one CopyObject */
#define HR_S3_COPY_PART_SIZE_DEFAULT  UINT64_C(134217728)  /* 128 MiB */

/* How a transfer is cut. Zeroed: by the size. */
struct hr_s3_transfer_options {
    uint64_t part_size; /* bytes, HR_S3_PART_SIZE_MIN to _MAX; 0: the default, or more where 10,000
                           parts of it would not do. A download's ranges are not bound to the least
                           and are one byte at least */
    uint32_t parallel;  /* parts at once, to HR_S3_TRANSFER_PARALLEL_MAX; 0: 8 */
    /* Path of a journal, by which the same transfer goes on behind a kill; a local file, which is
     * made (0600) and removed at the end. Only where the bytes lie in a plain file. NULL: none. */
    const char *journal;
    uint64_t reserved[2];
};

/* How far a transfer is. */
struct hr_s3_progress {
    uint64_t bytes;      /* of the parts that are done */
    uint64_t size_bytes; /* of all; HR_SIZE_UNKNOWN: not known yet */
    uint32_t parts;      /* that are done */
    uint32_t parts_kept; /* of these, those that an earlier run of the journal has done */
    uint64_t reserved[2];
};

/* Puts an object. One request to the store where the body is one part, else a multipart upload,
 * which is aborted where the transfer fails or is cancelled (a create under way is waited for).
 * Bytes in memory, vectors and parts of files are sent from where they lie; what a producer gives
 * is kept a part at a time, within the engine's budget, so that each part can be repeated. */
struct hr_s3_upload {
    struct hr_request request; /* timeout_ms 0: none */
    const char *bucket;
    const char *key;
    struct hr_source body;    /* of any kind, also a producer whose size is not known */
    const char *content_type; /* NULL: as of hr_s3_put */
    const struct hr_s3_metadata *metadata;
    size_t metadata_count;
    const struct hr_http_field *fields; /* of the put, or of the upload's create */
    size_t field_count;
    enum hr_s3_payload payload; /* default: the client's */
    bool expect_continue;       /* of a body that is one part */
    struct hr_s3_object_options options;
    struct hr_s3_conditions conditions;               /* if_match, if_none_match; of the end */
    enum hr_s3_checksum_algorithm checksum_algorithm; /* NONE: the client's choice */
    enum hr_s3_checksum_type checksum_type;           /* of an object of several parts; NONE:
                                                         FULL_OBJECT where the algorithm allows it */
    struct hr_s3_transfer_options transfer;
    /* Called on the reactor behind each part; may be NULL. 0, or a negative code, with which the
     * transfer ends. */
    int (*on_progress)(struct hr_s3_upload *upload, const struct hr_s3_progress *progress);
    /* Out. */
    char etag[256]; /* without quotes */
    char version_id[256];
    struct hr_s3_progress progress;
    char upload_id_left[HR_S3_UPLOAD_ID_MAX + 1]; /* of a failed upload that could not be aborted;
                                                     empty: nothing has stayed */
    bool resumable; /* it failed by what may pass: upload and journal have stayed, and the same
                       upload goes on from there */
    uint32_t paused_;
    void *call_;
    uint64_t reserved[4];
};

/* Gets an object. Into a file or into memory by ranges beside each other, all of one version of the
 * object (If-Match); a growing sink and a consumer get it by one GET, which goes on where it breaks
 * off. Where responses are validated, the object's checksum is compared with what the ranges make
 * up. */
struct hr_s3_download {
    struct hr_request request; /* timeout_ms 0: none */
    const char *bucket;
    const char *key;
    struct hr_sink sink;
    struct hr_s3_read_options options; /* part_number 0 */
    struct hr_s3_transfer_options transfer;
    /* Called once, before the body, when `info` tells the object; may be NULL. As on_progress. */
    int (*on_object)(struct hr_s3_download *download);
    /* As of an upload. Of a body that comes by one GET, at its end alone. */
    int (*on_progress)(struct hr_s3_download *download, const struct hr_s3_progress *progress);
    /* Out. */
    struct hr_s3_object_info info;
    enum hr_s3_checksum_algorithm verified; /* NONE: nothing was compared */
    struct hr_s3_progress progress;
    bool resumable; /* as of an upload */
    uint32_t paused_;
    void *call_;
    uint64_t reserved[4];
};

/* Copies an object inside the store. A HEAD of the source tells its size and ETag; then one
 * CopyObject, or, above `threshold`, a multipart upload whose parts the store takes from the
 * source, each only if it still has that ETag: a source that is replaced meanwhile is
 * HR_ERR_S3_CHANGED, never a mixture. In both forms type, content fields, metadata and tags are the
 * source's, unless replaced; storage class, ACL, encryption and lock are `options`'. The upload is
 * aborted where the copy fails or is cancelled (a create under way is waited for). */
struct hr_s3_transfer_copy {
    struct hr_request request; /* timeout_ms 0: none */
    const char *bucket;        /* of the copy */
    const char *key;
    struct hr_s3_copy_source source;
    bool replace_metadata; /* as of hr_s3_copy */
    bool replace_tags;
    const char *content_type;
    const struct hr_s3_metadata *metadata;
    size_t metadata_count;
    const struct hr_http_field *fields; /* of the copy, or of the upload's create */
    size_t field_count;
    struct hr_s3_object_options options; /* request_payer: also of what is asked of the source */
    struct hr_s3_conditions conditions;  /* of the copy: if_match, if_none_match; of the end */
    enum hr_s3_checksum_algorithm checksum_algorithm; /* that the store computes; NONE: as it likes
                                                       */
    enum hr_s3_checksum_type checksum_type; /* of an object of several parts; NONE: FULL_OBJECT
                                               where the algorithm allows it */
    struct hr_s3_transfer_options transfer; /* part_size 0: 128 MiB, or more where 10,000 parts of
                                               it would not do */
    uint64_t threshold; /* bytes: a larger object goes in parts; to HR_S3_COPY_WHOLE_MAX, which is
                           also what 0 means */
    /* As of an upload. */
    int (*on_progress)(struct hr_s3_transfer_copy *copy, const struct hr_s3_progress *progress);
    /* Out. */
    struct hr_s3_object_info source_info; /* of the object that is copied */
    char etag[256];                       /* of the copy, without quotes */
    char version_id[256];
    struct hr_s3_checksum checksum; /* of the copy, by the store; its algorithm is NONE where it
                                       names none */
    struct hr_s3_progress progress;
    char upload_id_left[HR_S3_UPLOAD_ID_MAX + 1]; /* as of an upload */
    void *call_;
    uint64_t reserved[4];
};

/* Refused at once: -EINVAL (what the struct lacks, named), -ESHUTDOWN, -ENOBUFS; everything else
 * arrives in the callback. -ENOBUFS there: the budget has no room for a producer's part; -EBUSY:
 * the journal is in use; -EEXIST: it is of another object, or no journal; -ENOTSUP: of another
 * version; -errno: it cannot be opened or written. Any thread. */
HR_API int hr_s3_upload_start(hr_s3_client *client, struct hr_s3_upload *upload);
HR_API int hr_s3_download_start(hr_s3_client *client, struct hr_s3_download *download);
HR_API int hr_s3_transfer_copy_start(hr_s3_client *client, struct hr_s3_transfer_copy *copy);

/* Paused, no further part or range begins, nor the end of an upload; those under way end, and
 * timeout_ms goes on. It holds until it is resumed, also from before the start on. A body that goes
 * by one request is not held: its producer or consumer can push back. Any thread, as long as the
 * struct is there. */
HR_API void hr_s3_upload_pause(struct hr_s3_upload *upload);
HR_API void hr_s3_upload_resume(struct hr_s3_upload *upload);
HR_API void hr_s3_download_pause(struct hr_s3_download *download);
HR_API void hr_s3_download_resume(struct hr_s3_download *download);

#ifdef __cplusplus
}
#endif

#endif
