/* What a complete head says: its fields, and how its body is framed. */
#ifndef HR_NET_HTTP1_HEAD_H
#define HR_NET_HTTP1_HEAD_H

#include "http1_parse.h"

struct hr_http1_fields {
    struct hr_http_field *items;
    size_t count, capacity; /* room for all that the scan has counted */
};

/* Reads a complete head, which hr__http1_scan let through, with llhttp. `message` then points into
 * `fields` and `data`. HR_ERR_HTTP_MALFORMED or HR_ERR_HTTP_UNEXPECTED with *reason. */
int hr__http1_head_read(enum hr_http1_kind kind, struct hr_slice data,
                        struct hr_http1_fields *fields, struct hr_http1_message *message,
                        const char **reason);

/* The same for a trailer section, empty line included. */
int hr__http1_trailers_read(struct hr_slice data, struct hr_http1_fields *fields,
                            const char **reason);

/* http1_framing.c: what the fields mean for the message. */
int hr__http1_framing_judge(enum hr_http1_kind kind, struct hr_http1_message *message,
                            const char **reason);
bool hr__http1_status_has_no_body(int status);

#endif
