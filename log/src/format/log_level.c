/* Levels by name. */
#include <errno.h>
#include <string.h>

#include <headrace/log_level.h>
#include <headrace/text.h>

#include "log_out.h"

static const struct {
    const char *name;
    int level;
} names[] = {
    {"DEBUG", HR_LOG_DEBUG},  {"INFO", HR_LOG_INFO},         {"WARNING", HR_LOG_WARNING},
    {"ERROR", HR_LOG_ERROR},  {"CRITICAL", HR_LOG_CRITICAL}, {"OFF", HR_LOG_OFF},
    {"WARN", HR_LOG_WARNING}, /* last: WARNING is what is written */
};
enum { NAMES = sizeof names / sizeof *names };

void hr_log_level_name(int level, char out[HR_LOG_LEVEL_BYTES]) {
    for (unsigned i = 0; i < NAMES; i++) {
        if (names[i].level != level) continue;
        hr_text_copy(out, HR_LOG_LEVEL_BYTES, hr_slice_of(names[i].name));
        return;
    }
    char text[HR_LOG_NUMBER_BYTES + 8];
    char *end = hr__log_put_i64(hr__log_copy(text, "LEVEL_", 6), level);
    hr_text_copy(out, HR_LOG_LEVEL_BYTES, hr_slice_bytes(text, (size_t)(end - text)));
}

int hr_log_level_parse(struct hr_slice text, struct hr_error *error, int *level) {
    uint64_t number;
    for (unsigned i = 0; i < NAMES; i++) {
        if (!hr_slice_equal_nocase(hr_slice_of(names[i].name), text)) continue;
        *level = names[i].level;
        return 0;
    }
    struct hr_slice digits = text;
    if (text.size > 6 && hr_slice_equal_nocase(hr_slice_bytes(text.data, 6), hr_slice_of("LEVEL_")))
        digits = hr_slice_bytes(text.data + 6, text.size - 6);
    if (hr_text_u64(digits, HR_LOG_OFF, &number) == 0 && number > 0) {
        *level = (int)number;
        return 0;
    }
    return hr_error_set(error, -EINVAL,
                        "%.*s is no level: DEBUG, INFO, WARNING, ERROR, CRITICAL, OFF, LEVEL_n or "
                        "a number from 1 to 255",
                        (int)(text.size < 32 ? text.size : 32), text.data ? text.data : "");
}
