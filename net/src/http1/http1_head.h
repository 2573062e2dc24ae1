/* A complete head: its fields, and how its body is framed. */
#ifndef HR_NET_HTTP1_HEAD_H
#define HR_NET_HTTP1_HEAD_H

#include "http1_parse.h"

struct hr_http1_fields {
    struct hr_http_field *items;
    size_t count, capacity; /* room for all that the scan has counted */
};

struct hr_http1_reading {
    enum hr_http1_kind kind;
    bool lenient, to_connect;
    bool by_llhttp; /* whatever the head is; for tests, which compare the readings */
    /* Out. */
    const char *reason;
    struct hr_slice bad_line; /* in `data` or `plain`; empty: not one line's fault */
    struct hr_slice plain;    /* to be given to hr__http1_plain_free, after the last use of what
                                 was read */
};

/* Reads a complete head, which hr__http1_scan let through. `message` then points into
 * `fields`, `data` and reading->plain. HR_ERR_HTTP_MALFORMED or HR_ERR_HTTP_UNEXPECTED with the
 * reason, or -ENOMEM. */
int hr__http1_head_read(struct hr_http1_reading *reading, struct hr_slice data,
                        struct hr_http1_fields *fields, struct hr_http1_message *message);

/* The head of a response at the front of `data`, which nobody has looked at. Its size; 0: it is not
 * whole, is refused, or is read by the two steps of scan and hr__http1_head_read. */
size_t hr__http1_head_read_plain(struct hr_slice data, struct hr_http1_fields *fields,
                                 struct hr_http1_message *message);

/* The same for a trailer section, empty line included. */
int hr__http1_trailers_read(struct hr_http1_reading *reading, struct hr_slice data,
                            struct hr_http1_fields *fields);

/* http1_framing.c: what the fields mean for the message. *bad_line is the field that is refused,
 * where it is one. */
int hr__http1_framing_judge(enum hr_http1_kind kind, struct hr_http1_message *message,
                            const char **reason, struct hr_slice *bad_line);
bool hr__http1_status_has_no_body(int status);

#endif
