/* The field Keep-Alive of a response. */
#include "http1_keep_alive.h"

#include <string.h>

#include <headrace/text.h>
#include <net/chars.h>

/* Longer announcements are none that matter. */
#define TIMEOUT_MAX_S 86400

/* The next "name=value" of a list; false at its end. */
static bool take_element(struct hr_slice *list, struct hr_slice *name, struct hr_slice *value) {
    struct hr_slice rest;
    if (!hr_slice_cut(list, ',', &rest)) return false;
    *name = hr_slice_bytes("", 0);
    hr_slice_cut(&rest, '=', name);
    *name = hr_slice_trim(*name);
    *value = hr_slice_trim(rest);
    if (value->size >= 2 && value->data[0] == '"' && value->data[value->size - 1] == '"')
        *value = hr_slice_bytes(value->data + 1, value->size - 2);
    return true;
}

/* The smallest number that a parameter of this name has; `otherwise` where there is none. */
static uint64_t read_number(struct hr_slice list, const char *wanted, uint64_t otherwise) {
    struct hr_slice name, value;
    while (take_element(&list, &name, &value)) {
        uint64_t number;
        if (hr_slice_equal_nocase(name, hr_slice_of(wanted)) &&
            !hr_text_u64(value, UINT64_MAX, &number) && number < otherwise)
            otherwise = number;
    }
    return otherwise;
}

struct hr_http1_keep_alive hr__http1_keep_alive_read(const struct hr_http_head *head) {
    static const char wanted[] = "Keep-Alive";
    uint64_t timeout_s = TIMEOUT_MAX_S, max = UINT64_MAX;
    for (size_t i = 0; i < head->field_count; i++) {
        struct hr_slice name = head->fields[i].name;
        if (name.size != sizeof wanted - 1 || !hr_slice_equal_nocase(name, hr_slice_of(wanted)))
            continue;
        timeout_s = read_number(head->fields[i].value, "timeout", timeout_s);
        max = read_number(head->fields[i].value, "max", max);
    }
    return (struct hr_http1_keep_alive){
        .timeout_s = timeout_s < TIMEOUT_MAX_S ? timeout_s : 0,
        .last = timeout_s == 0 || max == 0,
    };
}
