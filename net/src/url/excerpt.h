/* Text of a peer in an error's message: escaped, bounded and without secrets. */
#ifndef HR_NET_EXCERPT_H
#define HR_NET_EXCERPT_H

#include <stddef.h>

#include <headrace/slice.h>

/* Room that an excerpt needs at most. */
#define HR_EXCERPT_SIZE 80

/* Visible ASCII as it is, the rest as \xNN, cut with "…" at the end. */
void hr__excerpt_text(struct hr_slice text, char out[HR_EXCERPT_SIZE]);
/* A line of a head. Of a field that may carry a credential (Set-Cookie, Authorization, …) its name
 * only, also where the line is malformed or the continuation (`before`: the line in front, or
 * empty) of such a one. */
void hr__excerpt_line(struct hr_slice line, struct hr_slice before, char out[HR_EXCERPT_SIZE]);
/* A URL or reference without user information and without what its query says. */
void hr__excerpt_url(struct hr_slice url, char out[HR_EXCERPT_SIZE]);

#endif
