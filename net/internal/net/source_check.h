/* The checks of a source and of a sink, before a request with them is accepted. */
#ifndef HR_NET_SOURCE_CHECK_H
#define HR_NET_SOURCE_CHECK_H

#include <headrace/body.h>

/* Whether the struct makes sense: its kind is one, and it has what its kind needs. 0 or -EINVAL.
 * Any thread. */
int hr__source_check(const struct hr_source *source);
int hr__sink_check(const struct hr_sink *sink);

#endif
