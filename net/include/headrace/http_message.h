/* The parts of HTTP messages: header fields, and the head of a response. */
#ifndef HEADRACE_HTTP_MESSAGE_H
#define HEADRACE_HTTP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/export.h>
#include <headrace/slice.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A header or trailer field. Names compare without case. */
struct hr_http_field {
    struct hr_slice name;
    struct hr_slice value;
};

/* The head of a response, valid during the call that shows it. */
struct hr_http_head {
    int status;
    unsigned minor_version; /* HTTP/1.x */
    struct hr_slice reason;
    const struct hr_http_field *fields; /* in order, names as sent, values trimmed */
    size_t field_count;
    bool has_content_length;
    uint64_t content_length;
};

/* The value of the first field called `name` (any case), or a slice with data NULL. It points into
 * the head. Any thread. */
HR_API struct hr_slice hr_http_head_find(const struct hr_http_head *head, const char *name);

#define HR_HTTP_KEPT_BYTES 512

/* A copy of a head, or of some of its fields, for later. A field takes the bytes of its name, its
 * value and a struct hr_http_field; the first of these begins at a multiple of 8. Copied, the
 * struct still points into the memory of the first. */
struct hr_http_kept {
    /* In. */
    const char *names; /* "ETag, Retry-After": the fields of these names, each as often as it comes;
                          "*": all; "": none, but the head; NULL: none, and in a request not the
                          head either */
    void *memory;      /* the caller's, for the fields; NULL: HR_HTTP_KEPT_BYTES in here */
    size_t memory_size;
    /* Out. */
    struct hr_http_head head; /* without its reason; hr_http_head_find looks a field up */
    bool cut;                 /* a field had no room, and is missing */
    uint64_t reserved[2];
    /* The library's; last, as it need not be zeroed. */
    uint64_t memory_[HR_HTTP_KEPT_BYTES / 8];
};

/* Copies what `kept` wants of a head that a callback shows. A request's own `kept` is filled
 * without it. Any thread. */
HR_API void hr_http_head_keep(const struct hr_http_head *head, struct hr_http_kept *kept);

#ifdef __cplusplus
}
#endif

#endif
