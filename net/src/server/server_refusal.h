/* The status that a request is refused with by the server itself. Decides and does nothing. */
#ifndef HR_NET_SERVER_REFUSAL_H
#define HR_NET_SERVER_REFUSAL_H

#include <headrace/http_server.h>

#include "http1_parse.h"

/* Of a head although it is well-formed; 0: it is not refused. */
int hr__server_refusal_of_head(const struct hr_http_server_options *options,
                               const struct hr_http1_message *message);
/* Of bytes that the parser stopped at with `err`; `in_request_line`: it never saw the end of one.
 */
int hr__server_refusal_of_error(const struct hr_http1_parser *parser, int err,
                                bool in_request_line);
/* Whether a chunked body is mostly chunk sizes and extensions. */
bool hr__server_refusal_of_framing(uint64_t wire_bytes, uint64_t body_bytes);

#endif
