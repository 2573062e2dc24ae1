/* Edit distance with exchanges of neighbours (optimal string alignment). */
#include <config/config_nearest.h>

#define NAME_MAX_TRIED 64

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static char lower(char byte) {
    return byte >= 'A' && byte <= 'Z' ? (char)(byte | 0x20) : byte;
}

/* Both of at most NAME_MAX_TRIED bytes. */
static size_t distance(struct hr_slice a, struct hr_slice b) {
    size_t rows[3][NAME_MAX_TRIED + 1];
    size_t *older = rows[0], *old = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b.size; j++) old[j] = j;
    for (size_t i = 1; i <= a.size; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b.size; j++) {
            bool same = lower(a.data[i - 1]) == lower(b.data[j - 1]);
            row[j] = least(least(old[j], row[j - 1]) + 1, old[j - 1] + !same);
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1])
                row[j] = least(row[j], older[j - 2] + 1);
        }
        size_t *spare = older;
        older = old;
        old = row;
        row = spare;
    }
    return old[b.size];
}

const char *hr__config_nearest(struct hr_slice key, const struct hr_config_field *fields,
                               size_t count) {
    const char *found = NULL;
    size_t best = key.size / 3 + 1;
    if (key.size == 0 || key.size > NAME_MAX_TRIED) return NULL;
    for (size_t i = 0; i < count; i++) {
        struct hr_slice name = hr_slice_of(fields[i].name);
        if (name.size > NAME_MAX_TRIED || fields[i].kind == HR_KEY) continue;
        size_t far = distance(key, name);
        if (far >= best + 1 || far > key.size / 3 + 1 || (found && far >= best)) continue;
        best = far;
        found = fields[i].name;
    }
    return found;
}
