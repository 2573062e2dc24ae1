/* Answers to CreateMultipartUpload, CompleteMultipartUpload, CopyObject and UploadPartCopy. */
#include "documents.h"
#include "shape.h"

static const struct hr__element of_created[] = {
    HR__ELEMENT("Bucket", TEXT, OPTIONAL, struct hr__upload_created, bucket),
    HR__ELEMENT("Key", TEXT, OPTIONAL, struct hr__upload_created, key),
    HR__ELEMENT("UploadId", TEXT, REQUIRED, struct hr__upload_created, upload_id),
};

static const struct hr__element of_completed[] = {
    HR__ELEMENT("Location", TEXT, OPTIONAL, struct hr__upload_completed, location),
    HR__ELEMENT("Bucket", TEXT, OPTIONAL, struct hr__upload_completed, bucket),
    HR__ELEMENT("Key", TEXT, OPTIONAL, struct hr__upload_completed, key),
    HR__ELEMENT("ETag", ETAG, REQUIRED, struct hr__upload_completed, etag),
    HR__CHECKSUM_ELEMENTS("", struct hr__upload_completed, checksums),
};

static const struct hr__element of_copied[] = {
    HR__ELEMENT("ETag", ETAG, REQUIRED, struct hr__copied, etag),
    HR__ELEMENT("LastModified", TIME, OPTIONAL, struct hr__copied, last_modified_s),
    HR__CHECKSUM_ELEMENTS("", struct hr__copied, checksums),
};

static const struct hr__shape created = {
    .roots = {"InitiateMultipartUploadResult"},
    .elements = of_created,
    .element_count = HR__ROWS(of_created),
};
static const struct hr__shape completed = {
    .roots = {"CompleteMultipartUploadResult"},
    .elements = of_completed,
    .element_count = HR__ROWS(of_completed),
};
static const struct hr__shape object_copied = {
    .roots = {"CopyObjectResult"},
    .elements = of_copied,
    .element_count = HR__ROWS(of_copied),
};
static const struct hr__shape part_copied = {
    .roots = {"CopyPartResult"},
    .elements = of_copied,
    .element_count = HR__ROWS(of_copied),
};

int hr__read_upload_created(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error,
                            struct hr__upload_created *out) {
    struct hr__upload_created made = {.bucket = {0}};
    struct hr__shape_sink sink = {.out = &made, .texts = texts};
    int err = hr__shape_read(&created, xml, &sink, error);
    if (!err) *out = made;
    return err;
}

int hr__read_upload_completed(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error,
                              struct hr__upload_completed *out) {
    struct hr__upload_completed made = {.bucket = {0}};
    struct hr__shape_sink sink = {.out = &made, .texts = texts};
    int err = hr__shape_read(&completed, xml, &sink, error);
    if (!err) *out = made;
    return err;
}

static int read_copied(const struct hr__shape *shape, struct hr_slice xml, struct hr__texts *texts,
                       struct hr_error *error, struct hr__copied *out) {
    struct hr__copied made = {.etag = {0}};
    struct hr__shape_sink sink = {.out = &made, .texts = texts};
    int err = hr__shape_read(shape, xml, &sink, error);
    if (!err) *out = made;
    return err;
}

int hr__read_object_copied(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error,
                           struct hr__copied *out) {
    return read_copied(&object_copied, xml, texts, error, out);
}

int hr__read_part_copied(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error,
                         struct hr__copied *out) {
    return read_copied(&part_copied, xml, texts, error, out);
}
