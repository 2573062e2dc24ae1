/* One page of a bucket's versions, kept until it is printed or removed. */
#ifndef COMMAND_S3_VERSION_PAGE_H
#define COMMAND_S3_VERSION_PAGE_H

#include "session.h"

/* A version or a delete marker. Places are offsets of texts in the page, each ended by NUL. */
struct s3_version_entry {
    size_t key, key_size, id, etag, storage_class;
    uint64_t size_bytes, time_s;
    bool is_latest, is_delete_marker;
};

/* `list` says of what: bucket, prefix, owner; the rest is zero before the first page. */
struct s3_version_page {
    struct hr_s3_version_list list; /* first: its callback finds the page by it */
    struct s3_version_entry *entries;
    size_t count, capacity;
    char *text;
    size_t text_size, text_capacity;
    char *last_key, *last_id; /* where the next page begins */
};

/* Asks for the page behind the last one. The result; there is another one where list.truncated. */
int s3_version_page_next(struct s3_version_page *page, struct session *session,
                         struct hr_error *error);
static inline const char *s3_version_text(const struct s3_version_page *page, size_t place) {
    return page->text + place;
}
void s3_version_page_free(struct s3_version_page *page);

#endif
