/* A field's value: what a record can carry, with its type kept. Any thread. */
#ifndef HEADRACE_LOG_VALUE_H
#define HEADRACE_LOG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <headrace/export.h>
#include <headrace/slice.h>

#ifdef __cplusplus
extern "C" {
#endif

enum hr_log_type {
    HR_LOG_NULL = 0,
    HR_LOG_BOOL = 1,
    HR_LOG_I64 = 2,
    HR_LOG_U64 = 3,
    HR_LOG_DOUBLE = 4,
    HR_LOG_STRING = 5,
    HR_LOG_BYTES = 6,   /* written as hexadecimal digits */
    HR_LOG_POINTER = 7, /* "0x7f…" */
    HR_LOG_ERRNO = 8,   /* a number of errno.h or an HR_ERR_ code, of either sign: its name */
    HR_LOG_SECRET = 9,  /* never copied, never written: "[redacted]" */
    HR_LOG_ARRAY = 10,
    HR_LOG_GROUP = 11,   /* fields under one key, one level deep */
    HR_LOG_FAILURE = 12, /* struct hr_log_failure */
};

struct hr_log_field;

/* An error with its cause. `text` and `cause` may be NULL. `stack` is an array of return addresses,
 * which are written as addresses. All is borrowed until the call returns. */
struct hr_log_failure {
    int code; /* as hr_error_name takes it; 0: none */
    const char *text, *cause;
    void *const *stack;
    uint32_t stack_count;
    uint32_t reserved;
};

/* A value with its type. Memory that `bits` points to is the caller's, and is read before the call
 * returns. */
struct hr_log_value {
    uint8_t type;    /* enum hr_log_type */
    uint8_t element; /* of an ARRAY: the type of its elements */
    uint8_t width;   /* of an ARRAY of numbers: bytes of an element */
    uint8_t flags;   /* HR_LOG_CUT, HR_LOG_NONE */
    uint32_t size;   /* bytes of a STRING or BYTES, elements of an ARRAY, fields of a GROUP */
    uint64_t bits;   /* the number itself, or where the data is */
};

#define HR_LOG_CUT  1 /* the value goes on behind `size`: that part is not written */
#define HR_LOG_NONE 2 /* a STRING that is NULL */

/* A field whose key is known only at run time, as those of a group are. */
struct hr_log_field {
    struct hr_slice key;
    struct hr_log_value value;
};

/* A text that must never be written, however it is passed on. */
struct hr_secret {
    const char *text;
};

/* ---- A value of each type. The macros of log.h choose among these; a language binding calls them.
 */

static inline struct hr_log_value hr_log_of_null(void) {
    struct hr_log_value value = {HR_LOG_NULL, 0, 0, 0, 0, 0};
    return value;
}

static inline struct hr_log_value hr_log_of_bool(bool truth) {
    struct hr_log_value value = {HR_LOG_BOOL, 0, 0, 0, 0, 0};
    value.bits = truth;
    return value;
}

static inline struct hr_log_value hr_log_of_i64(int64_t number) {
    struct hr_log_value value = {HR_LOG_I64, 0, 0, 0, 0, 0};
    value.bits = (uint64_t)number;
    return value;
}

static inline struct hr_log_value hr_log_of_u64(uint64_t number) {
    struct hr_log_value value = {HR_LOG_U64, 0, 0, 0, 0, 0};
    value.bits = number;
    return value;
}

static inline struct hr_log_value hr_log_of_double(double number) {
    struct hr_log_value value = {HR_LOG_DOUBLE, 0, 0, 0, 0, 0};
    memcpy(&value.bits, &number, sizeof number);
    return value;
}

static inline struct hr_log_value hr_log_of_pointer(const void *pointer) {
    struct hr_log_value value = {HR_LOG_POINTER, 0, 0, 0, 0, 0};
    value.bits = (uintptr_t)pointer;
    return value;
}

static inline struct hr_log_value hr_log_of_errno(int number) {
    struct hr_log_value value = {HR_LOG_ERRNO, 0, 0, 0, 0, 0};
    value.bits = (uint64_t)number;
    return value;
}

static inline struct hr_log_value hr_log_of_slice(struct hr_slice text) {
    struct hr_log_value value = {HR_LOG_STRING, 0, 0, 0, 0, 0};
    value.size = text.size > UINT32_MAX ? UINT32_MAX : (uint32_t)text.size;
    value.bits = (uintptr_t)text.data;
    return value;
}

/* NULL is written as null. */
static inline struct hr_log_value hr_log_of_text(const char *text) {
    struct hr_log_value value = hr_log_of_slice(hr_slice_of(text));
    if (!text) value.flags = HR_LOG_NONE;
    return value;
}

static inline struct hr_log_value hr_log_of_bytes(const void *data, size_t size) {
    struct hr_log_value value = hr_log_of_slice(hr_slice_bytes((const char *)data, size));
    value.type = HR_LOG_BYTES;
    return value;
}

static inline struct hr_log_value hr_log_of_secret(struct hr_secret secret) {
    struct hr_log_value value = {HR_LOG_SECRET, 0, 0, 0, 0, 0};
    (void)secret;
    return value;
}

static inline struct hr_log_value hr_log_of_failure(const struct hr_log_failure *failure) {
    struct hr_log_value value = {HR_LOG_FAILURE, 0, 0, 0, 1, 0};
    value.bits = (uintptr_t)failure;
    return failure ? value : hr_log_of_null();
}

/* An array; elements beyond HR_LOG_ELEMENTS_MAX are left out, and the line says so. */
#define HR_LOG_ELEMENTS_MAX 256
static inline struct hr_log_value hr_log_of_array(enum hr_log_type element, size_t width,
                                                  const void *data, size_t count) {
    struct hr_log_value value = {HR_LOG_ARRAY, (uint8_t)element, (uint8_t)width, 0, 0, 0};
    if (!data) count = 0;
    value.flags = count > HR_LOG_ELEMENTS_MAX ? HR_LOG_CUT : 0;
    value.size = (uint32_t)(value.flags ? HR_LOG_ELEMENTS_MAX : count);
    value.bits = (uintptr_t)data;
    return value;
}

/* Fields under one key; a group within a group is written as null. */
static inline struct hr_log_value hr_log_of_group(const struct hr_log_field *fields, size_t count) {
    struct hr_log_value value = {HR_LOG_GROUP, 0, 0, 0, 0, 0};
    if (!fields) count = 0;
    value.size = (uint32_t)(count > HR_LOG_ELEMENTS_MAX ? HR_LOG_ELEMENTS_MAX : count);
    value.bits = (uintptr_t)fields;
    return value;
}

static inline struct hr_log_value hr_log_of_value(struct hr_log_value value) {
    return value;
}

#ifdef __cplusplus
}
#endif

#endif
