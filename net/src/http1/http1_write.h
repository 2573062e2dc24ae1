/* HTTP/1.1 heads, written; and what may stand in them. Sans I/O. */
#ifndef HR_NET_HTTP1_WRITE_H
#define HR_NET_HTTP1_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <headrace/http_message.h>
#include <headrace/slice.h>

struct hr_http1_request_head {
    struct hr_slice method, target, host; /* target may be in two parts: */
    struct hr_slice query; /* data NULL: none; else '?' and it are appended to target */
    bool absolute;         /* "http://", `authority` and the target: what a proxy is asked for */
    struct hr_slice authority;
    const struct hr_http_field *fields[2]; /* two lists, either may be empty */
    size_t field_counts[2];
    bool checked; /* the first list may stand in a head: whoever made it has looked */
    bool has_body;
    uint64_t body_size; /* HR_SIZE_UNKNOWN: chunked */
    bool expect_continue, close;
    struct hr_slice user_agent;           /* empty: none */
    const struct hr_http_field *trailers; /* whose names the field Trailer announces */
    size_t trailer_count;
};

/* Writes the head with Host, Content-Length or Transfer-Encoding, Connection, Expect. Returns its
 * size, -ENOBUFS, or HR_ERR_METHOD_INVALID, HR_ERR_TARGET_INVALID, HR_ERR_HEADER_INVALID; -EINVAL
 * for a field that is written here (Content-Length, Transfer-Encoding, Connection). A Host or
 * User-Agent among the fields replaces ours; two of Host are HR_ERR_HEADER_INVALID. */
ssize_t hr__http1_write_request(const struct hr_http1_request_head *head, char *out,
                                size_t capacity);

/* A response head: fields plus Date (from date_s), Content-Length (unless body_size is UNKNOWN:
 * chunked; or the status forbids one: 1xx, 204, 304 without), Connection. A Date among the fields
 * replaces ours. Returns as above, and -EINVAL for a status of other than three digits. */
struct hr_http1_response_head {
    int status;
    const struct hr_http_field *fields;
    size_t field_count;
    uint64_t body_size;
    bool close;
    bool until_close; /* a body of unknown size is not chunked but ends with the connection
                         (HTTP/1.0); says close too */
    uint64_t date_s;
};
ssize_t hr__http1_write_response(const struct hr_http1_response_head *head, char *out,
                                 size_t capacity);

/* Whether a field may stand behind a body: none that frames, routes, authenticates or says how the
 * content is to be taken (RFC 9110 6.5.1), since who has read the head would not look again. */
bool hr__http1_is_trailer(struct hr_slice name);
/* The trailer section with the blank line behind it. Returns its size, -ENOBUFS, or
 * HR_ERR_HEADER_INVALID. */
ssize_t hr__http1_write_trailers(const struct hr_http_field *fields, size_t count, char *out,
                                 size_t capacity);

/* "SIZE-in-hex CRLF"; out has room for HR_HTTP1_CHUNK_HEAD_MAX. Returns the size. */
#define HR_HTTP1_CHUNK_HEAD_MAX 20
size_t hr__http1_write_chunk_head(uint64_t size, char *out);
/* Frames a chunk whose `size` bytes are the elements 1 to `count` of the vector: fills the one
 * before them, of `head`, and the one behind them. With `last` the chunk of size zero and the end
 * of the body follow; without bytes they stand alone, and nothing does without `last`. Returns how
 * many elements there are then. */
unsigned hr__http1_frame_chunk(struct iovec *iov, unsigned count, size_t size, bool last,
                               char head[HR_HTTP1_CHUNK_HEAD_MAX]);

/* The standard reason phrase, "" when unknown. */
const char *hr__http1_reason(int status);

#endif
