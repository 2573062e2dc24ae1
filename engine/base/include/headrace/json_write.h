/* Writes JSON (RFC 8259) as it goes, into memory of the caller or out through a function. Commas,
 * quotes and escapes are its business; output is valid UTF-8 whatever goes in (a byte that is no
 * UTF-8 becomes U+FFFD). One thread at a time. */
#ifndef HEADRACE_JSON_WRITE_H
#define HEADRACE_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/export.h>
#include <headrace/slice.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HR_JSON_DEPTH_MAX 32

struct hr_json_writer {
    char *data;
    size_t capacity;
    size_t size;                                             /* in `data` */
    int (*flush)(void *user, const char *data, size_t size); /* NULL: all has to fit */
    void *user;
    int error; /* the first: -ENOBUFS, what flush returned, -EINVAL (misused: a value without key,
                  …) */
    unsigned depth;
    bool pretty;                    /* two blanks a level, a line per member */
    uint32_t is_object, has_member; /* one bit a level */
    bool after_key, done;
    uint64_t reserved[2];
};

/* `data` of `capacity` bytes is borrowed. With `flush` it is a window (≥ 64 bytes) and any length
 * goes. */
HR_API void hr_json_init(struct hr_json_writer *json, char *data, size_t capacity,
                         int (*flush)(void *user, const char *data, size_t size), void *user);
HR_API void hr_json_object(struct hr_json_writer *json); /* { */
HR_API void hr_json_array(struct hr_json_writer *json);  /* [ */
HR_API void hr_json_end(struct hr_json_writer *json);    /* the innermost of them */
HR_API void hr_json_key(struct hr_json_writer *json, const char *key);
HR_API void hr_json_string(struct hr_json_writer *json, struct hr_slice text);
HR_API void hr_json_text(struct hr_json_writer *json, const char *text); /* NULL: null */
HR_API void hr_json_u64(struct hr_json_writer *json, uint64_t value);
HR_API void hr_json_i64(struct hr_json_writer *json, int64_t value);
/* At most `decimals` (0 to 9) behind the point, trailing zeros cut; not finite: null. */
HR_API void hr_json_double(struct hr_json_writer *json, double value, unsigned decimals);
HR_API void hr_json_bool(struct hr_json_writer *json, bool value);
HR_API void hr_json_null(struct hr_json_writer *json);
/* Ends: flushes what is left. 0, or the first error; -EINVAL too when something is still open or
 * nothing was written. */
HR_API int hr_json_finish(struct hr_json_writer *json);

#ifdef __cplusplus
}
#endif

#endif
