/* Fields of a head that a request keeps (hr_http_head_keep). */
#ifndef HR_NET_HTTP1_KEPT_H
#define HR_NET_HTTP1_KEPT_H

#include <headrace/error.h>
#include <headrace/http_message.h>

/* Nothing is kept. */
void hr__http_kept_clear(struct hr_http_kept *kept);
/* Names and memory can be used: 0, or -EINVAL. */
int hr__http_kept_check(const struct hr_http_kept *kept, struct hr_error *error);

#endif
