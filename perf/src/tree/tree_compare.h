/* Whether what stands under one name on both sides is the same. */
#ifndef PERF_TREE_COMPARE_H
#define PERF_TREE_COMPARE_H

#include "tree_entry.h"

enum tree_compare_by { TREE_BY_TIME, TREE_BY_SIZE, TREE_BY_CHECKSUM };

enum tree_verdict { TREE_SAME, TREE_DIFFERENT };

/* Another size is different, by whichever. TREE_BY_TIME: a source that is newer, in whole seconds,
 * is different; an older one is the same. TREE_BY_CHECKSUM: the MD5 of a file, and the ETag of an
 * object where that is one, are compared whatever the times; where there is no MD5 on one side
 * (several parts, some encryption), equal ETags of two objects are the same, and else time decides.
 * A file that cannot be read for it is different: copying it will say why. */
enum tree_verdict tree_compare(enum tree_compare_by by, const struct tree_entry *source,
                               const struct tree_entry *target);

#endif
