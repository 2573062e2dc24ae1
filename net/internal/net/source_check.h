/* The check of a source, before a request with it is accepted. */
#ifndef HR_NET_SOURCE_CHECK_H
#define HR_NET_SOURCE_CHECK_H

#include <headrace/body.h>

/* Whether the struct makes sense: its kind is one, and it has what its kind needs. 0 or -EINVAL.
 * Any thread. */
int hr__source_check(const struct hr_source *source);

#endif
