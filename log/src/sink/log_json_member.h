/* The members of a JSON line that this logger has written. Sinks with a protocol of their own make
 * their fields of them, so that keys, redaction and values are those of every other sink. */
#ifndef HR_LOG_JSON_MEMBER_H
#define HR_LOG_JSON_MEMBER_H

#include <stdbool.h>

#include <headrace/slice.h>

struct hr__log_member {
    struct hr_slice key;   /* escaped, without quotes */
    struct hr_slice value; /* as it stands in JSON */
};

/* Takes the next member off the front of `rest`, with the comma before it. False: there is none. */
bool hr__log_member_next(struct hr_slice *rest, struct hr__log_member *member);
/* The inside of an object, for hr__log_member_next. False: the value is none. */
bool hr__log_member_inside(struct hr_slice value, struct hr_slice *inside);
/* Writes the text of a value, and returns its end: a string without quotes and escapes, everything
 * else as it stands. It takes no more bytes than the value. `shown`: newlines and tabs are
 * unescaped, other control characters stay escaped. */
char *hr__log_member_text(char *out, struct hr_slice value, bool shown);

#endif
