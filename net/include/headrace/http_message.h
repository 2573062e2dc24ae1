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

#ifdef __cplusplus
}
#endif

#endif
