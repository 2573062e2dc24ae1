/* The source of a copy in parts: the header fields and tags that a CopyObject would have kept. */
#ifndef HR_S3_COPY_SOURCE_H
#define HR_S3_COPY_SOURCE_H

#include <headrace/s3_transfer.h>

struct hr__copy_source {
    struct hr_http_field *fields; /* with their texts, in one piece of memory */
    size_t field_count;
    struct hr_s3_tag tags[HR_S3_TAGS_MAX]; /* memory of their own each */
    size_t tag_count;
    uint64_t hidden; /* values of metadata that no header field can hold */
};

/* Keeps type, content fields and metadata of a response to HEAD, and behind them `own`, fields of
 * the user's, which count in place of the source's of that name. 0, -ENOMEM. */
int hr__copy_source_keep(struct hr__copy_source *source, const struct hr_http_head *head,
                         const struct hr_http_field *own, size_t own_count);
/* A tag beyond HR_S3_TAGS_MAX is left out. 0, -ENOMEM. */
int hr__copy_source_add_tag(struct hr__copy_source *source, const struct hr_s3_tag *tag);
void hr__copy_source_free(struct hr__copy_source *source);

#endif
