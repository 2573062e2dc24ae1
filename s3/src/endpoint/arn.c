/* An ARN, split into its fields and the parts of its resource. */
#include "arn.h"

#include <errno.h>
#include <string.h>

#define FIELDS 6

bool hr__arn_begins(struct hr_slice text) {
    return text.size >= 4 && memcmp(text.data, "arn:", 4) == 0;
}

/* Cuts off what stands before the first of the separators, and the separator. */
static struct hr_slice cut(struct hr_slice *text, const char *separators) {
    size_t at = 0;
    while (at < text->size && !strchr(separators, text->data[at])) at++;
    struct hr_slice piece = hr_slice_bytes(text->data, at);
    size_t next = at < text->size ? at + 1 : at;
    *text = hr_slice_bytes(text->data + next, text->size - next);
    return piece;
}

/* A separator at the end has an empty part behind it. */
static void split_resource(struct hr_slice text, struct hr__arn *arn) {
    arn->resource_count = 0;
    for (bool more = true; more; arn->resource_count++) {
        const char *begin = text.data;
        size_t before = text.size;
        struct hr_slice part = cut(&text, ":/");
        more = part.size < before;
        if (arn->resource_count < HR__ARN_RESOURCE_MAX)
            arn->resource[arn->resource_count] = hr_slice_bytes(begin, part.size);
    }
}

int hr__arn_parse(struct hr_slice text, struct hr__arn *arn) {
    struct hr__arn made = {.resource_count = 0};
    struct hr_slice fields[FIELDS - 1];
    if (!hr__arn_begins(text) || memchr(text.data, 0, text.size)) return -EINVAL;
    for (size_t i = 0; i < FIELDS - 1; i++) {
        size_t before = text.size;
        fields[i] = cut(&text, ":");
        if (fields[i].size == before) return -EINVAL; /* no separator */
    }
    made.partition = fields[1];
    made.service = fields[2];
    made.region = fields[3];
    made.account = fields[4];
    if (made.partition.size == 0 || made.service.size == 0 || text.size == 0) return -EINVAL;
    split_resource(text, &made);
    *arn = made;
    return 0;
}
