/* A thread's stack of bound fields. Each entry has all fields that hold while it is the topmost. */
#include "log_context_stack.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <headrace/log_context.h>

enum { STRING_BYTES = 1024, DEPTH_MAX = 1 << 16 };

struct entry {
    struct entry *under;
    struct hr__log_block *block;
    int depth;
};

static __thread struct entry *topmost __attribute__((tls_model("initial-exec")));

const struct hr__log_block *hr__log_context(void) {
    return topmost && topmost->block->size ? topmost->block : NULL;
}

int hr__log_context_put(const struct hr_log_field *fields, unsigned count) {
    assert(!topmost || topmost->depth > 0);
    static const struct hr__log_block_limits limits = {STRING_BYTES, HR_LOG_CONTEXT_BYTES_MAX};
    int depth = topmost ? topmost->depth + 1 : 1;
    if (depth > DEPTH_MAX) return -E2BIG;
    struct entry *entry = calloc(1, sizeof *entry);
    if (!entry) return -ENOMEM;
    int err =
        hr__log_block_new(topmost ? topmost->block : NULL, fields, count, &limits, &entry->block);
    if (err) {
        free(entry);
        return err;
    }
    entry->under = topmost;
    entry->depth = depth;
    topmost = entry;
    return depth;
}

static void drop_topmost(void) {
    struct entry *entry = topmost;
    assert(entry->depth == (entry->under ? entry->under->depth + 1 : 1));
    topmost = entry->under;
    free(entry->block);
    free(entry);
}

bool hr__log_context_drop(int depth) {
    if (depth <= 0 || !topmost || topmost->depth < depth) return false;
    while (topmost && topmost->depth >= depth) drop_topmost();
    assert(!topmost || topmost->depth == depth - 1);
    return true;
}

void hr__log_context_end(void) {
    while (topmost) drop_topmost();
}
