/* Fields of a head, copied into memory that outlives it: the table of fields from the front, their
 * text from the back. */
#include <errno.h>
#include <stdalign.h>
#include <string.h>

#include <headrace/http_message.h>
#include <net/chars.h>

#include "http1_kept.h"

struct room {
    char *begin, *end; /* free in between */
};

static struct room room_of(struct hr_http_kept *kept) {
    char *begin = kept->memory ? kept->memory : (char *)kept->memory_;
    size_t size = kept->memory ? kept->memory_size : sizeof kept->memory_;
    size_t skip = -(uintptr_t)begin % alignof(struct hr_http_field);
    if (skip > size) skip = size;
    return (struct room){begin + skip, begin + size};
}

static bool is_wanted(const char *names, struct hr_slice name) {
    struct hr_slice list = hr_slice_of(names), wanted;
    while (hr_slice_cut(&list, ',', &wanted)) {
        wanted = hr_slice_trim(wanted);
        if (hr_slice_equal_nocase(wanted, name) || hr_slice_equal(wanted, hr_slice_of("*")))
            return true;
    }
    return false;
}

/* The caller has looked that there is room. */
static struct hr_slice keep_text(struct room *room, struct hr_slice text) {
    room->end -= text.size;
    if (text.size > 0) memcpy(room->end, text.data, text.size);
    return hr_slice_bytes(room->end, text.size);
}

static bool keep_field(struct room *room, const struct hr_http_field *field) {
    size_t size = sizeof *field + field->name.size + field->value.size;
    if ((size_t)(room->end - room->begin) < size) return false;
    struct hr_http_field copy;
    copy.name = keep_text(room, field->name);
    copy.value = keep_text(room, field->value);
    memcpy(room->begin, &copy, sizeof copy);
    room->begin += sizeof copy;
    return true;
}

void hr_http_head_keep(const struct hr_http_head *head, struct hr_http_kept *kept) {
    struct room room = room_of(kept);
    const char *fields = room.begin;
    kept->head = *head;
    kept->head.reason = hr_slice_bytes("", 0);
    kept->head.fields = (const struct hr_http_field *)(const void *)fields;
    kept->head.field_count = 0;
    kept->cut = false;
    for (size_t i = 0; kept->names && i < head->field_count; i++) {
        if (!is_wanted(kept->names, head->fields[i].name)) continue;
        if (keep_field(&room, &head->fields[i]))
            kept->head.field_count++;
        else
            kept->cut = true;
    }
}

void hr__http_kept_clear(struct hr_http_kept *kept) {
    memset(&kept->head, 0, sizeof kept->head);
    kept->cut = false;
}

int hr__http_kept_check(const struct hr_http_kept *kept, struct hr_error *error) {
    struct hr_slice list = hr_slice_of(kept->names ? kept->names : ""), name;
    if (!kept->memory && kept->memory_size > 0)
        return hr_error_set(error, -EINVAL, "request.kept.memory is NULL, and memory_size %zu",
                            kept->memory_size);
    while (hr_slice_cut(&list, ',', &name)) {
        name = hr_slice_trim(name);
        if (!hr__http1_is_token(name))
            return hr_error_set(error, -EINVAL,
                                "request.kept.names: '%.*s' is no name of a field; they are "
                                "separated by commas, and \"*\" stands for all",
                                name.size < 64 ? (int)name.size : 64, name.data);
    }
    return 0;
}
