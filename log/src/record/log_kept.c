/* Records that are kept for a backtrace. The next record in a place takes over its memory. */
#include <assert.h>
#include <stdlib.h>

#include <headrace/clock.h>

#include "log_kept.h"

char *hr__log_keep(struct hr__log_kept *kept, uint32_t capacity, uint32_t size) {
    assert(capacity > 0 && (!kept->records || kept->capacity == capacity));
    if (!kept->records) {
        kept->records = calloc(capacity, sizeof *kept->records);
        if (!kept->records) return NULL;
        kept->capacity = capacity;
    }
    struct hr__log_kept_record *record = &kept->records[kept->next];
    if (record->capacity < size) {
        char *grown = realloc(record->bytes, size);
        if (!grown) return NULL;
        record->bytes = grown;
        record->capacity = size;
    }
    record->made_ns = hr_clock_monotonic_ns();
    kept->next = (kept->next + 1) % kept->capacity;
    if (kept->count < kept->capacity) kept->count++;
    return record->bytes;
}

const struct hr__log_kept_record *hr__log_kept_at(const struct hr__log_kept *kept, uint32_t index) {
    assert(index < kept->count);
    uint32_t oldest = kept->next + kept->capacity - kept->count;
    return &kept->records[(oldest + index) % kept->capacity];
}

void hr__log_kept_free(struct hr__log_kept *kept) {
    for (uint32_t i = 0; kept->records && i < kept->capacity; i++) free(kept->records[i].bytes);
    free(kept->records);
    *kept = (struct hr__log_kept){.records = NULL};
}
