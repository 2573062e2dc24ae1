/* When figures over rounds have settled, so that no further round is needed. Source: warp
 * (github.com/minio/warp), --autoterm. */
#ifndef PERF_SETTLED_H
#define PERF_SETTLED_H

#include <stdbool.h>

#define PERF_SETTLED_POINTS 7     /* the last ones */
#define PERF_SETTLED_SHARE  0.075 /* the largest over the smallest, less one, at most */

/* Whether the last PERF_SETTLED_POINTS of `count` figures, all measured (none is negative), lie
 * that close to each other. */
bool perf_settled(const double *figures, unsigned count);

#endif
