/* Encoding that is too large to be compiled into each call site. */
#include "log_encode.h"
#include "log_redact.h"

static struct hr_log_view with_limit(uint32_t string_limit) {
    return (struct hr_log_view){.string_limit = string_limit};
}

uint32_t hr__log_value_size(struct hr_log_value value, uint32_t string_limit) {
    struct hr_log_view view = with_limit(string_limit);
    return hr_log_size_(&view, hr_log_fit_(&view, value));
}

char *hr__log_value_put(char *at, struct hr_log_value value, uint32_t string_limit) {
    struct hr_log_view view = with_limit(string_limit);
    return hr_log_put_(at, &view, hr_log_fit_(&view, value));
}

struct hr_log_value hr__log_field_value(const struct hr_log_field *field) {
    if (hr__log_is_redacted(field->key)) return hr_log_of_secret((struct hr_secret){NULL});
    return field->value.type == HR_LOG_GROUP ? hr_log_of_null() : field->value;
}

uint32_t hr__log_field_size(const struct hr_log_field *field, uint32_t string_limit) {
    return hr__log_value_size(hr_log_of_slice(field->key), string_limit) + 8 +
           hr__log_value_size(hr__log_field_value(field), string_limit);
}

char *hr__log_field_put(char *at, const struct hr_log_field *field, uint32_t string_limit) {
    struct hr_log_value value = hr__log_field_value(field);
    uint64_t type = value.type;
    at = hr__log_value_put(at, hr_log_of_slice(field->key), string_limit);
    memcpy(at, &type, 8);
    return hr__log_value_put(at + 8, value, string_limit);
}

/* ---- Arrays: count, element type and flags in one word, then the elements. */

/* An element as a value. The caller's memory may have any alignment. */
static struct hr_log_value element(const struct hr_log_value *array, uint32_t index) {
    const char *at = (const char *)(uintptr_t)array->bits + (size_t)index * array->width;
    struct hr_log_value value = {array->element, 0, 0, 0, 0, 0};
    union {
        int8_t i8;
        int16_t i16;
        int32_t i32;
        uint8_t u8;
        uint16_t u16;
        uint32_t u32;
        float f32;
        const char *text;
    } in;
    if (array->element == HR_LOG_STRING) {
        memcpy(&in.text, at, sizeof in.text);
        return hr_log_of_text(in.text);
    }
    if (array->width == 8) {
        memcpy(&value.bits, at, 8);
        return value;
    }
    memcpy(&in, at, array->width);
    if (array->element == HR_LOG_DOUBLE) return hr_log_of_double((double)in.f32);
    bool is_signed = array->element == HR_LOG_I64;
    int64_t number = array->width == 4   ? (is_signed ? in.i32 : (int64_t)in.u32)
                     : array->width == 2 ? (is_signed ? in.i16 : in.u16)
                                         : (is_signed ? in.i8 : in.u8);
    value.bits = (uint64_t)number;
    return value;
}

static uint32_t array_size(const struct hr_log_value *array, uint32_t string_limit) {
    uint32_t size = 8;
    for (uint32_t i = 0; i < array->size; i++)
        size += hr__log_value_size(element(array, i), string_limit);
    return size;
}

static char *array_put(char *at, const struct hr_log_value *array, uint32_t string_limit) {
    uint64_t word = array->size | (uint64_t)array->element << 32 | (uint64_t)array->flags << 40;
    memcpy(at, &word, 8);
    at += 8;
    for (uint32_t i = 0; i < array->size; i++)
        at = hr__log_value_put(at, element(array, i), string_limit);
    return at;
}

/* ---- Groups: a word with the count, then the fields. */

static const struct hr_log_field *fields_of(const struct hr_log_value *group) {
    return (const struct hr_log_field *)(uintptr_t)group->bits;
}

static uint32_t group_size(const struct hr_log_value *group, uint32_t string_limit) {
    uint32_t size = 8;
    for (uint32_t i = 0; i < group->size; i++)
        size += hr__log_field_size(&fields_of(group)[i], string_limit);
    return size;
}

static char *group_put(char *at, const struct hr_log_value *group, uint32_t string_limit) {
    uint64_t count = group->size;
    memcpy(at, &count, 8);
    at += 8;
    for (uint32_t i = 0; i < group->size; i++)
        at = hr__log_field_put(at, &fields_of(group)[i], string_limit);
    return at;
}

/* ---- Failures: code, text, cause, a word with the number of addresses, the addresses. */

static uint32_t stack_count(const struct hr_log_failure *failure) {
    if (!failure->stack) return 0;
    return failure->stack_count < HR_LOG_ELEMENTS_MAX ? failure->stack_count : HR_LOG_ELEMENTS_MAX;
}

static const struct hr_log_failure *failure_of(const struct hr_log_value *value) {
    return (const struct hr_log_failure *)(uintptr_t)value->bits;
}

static uint32_t failure_size(const struct hr_log_failure *failure, uint32_t string_limit) {
    return 16 + hr__log_value_size(hr_log_of_text(failure->text), string_limit) +
           hr__log_value_size(hr_log_of_text(failure->cause), string_limit) +
           8 * stack_count(failure);
}

static char *failure_put(char *at, const struct hr_log_failure *failure, uint32_t string_limit) {
    int64_t code = failure->code;
    uint64_t count = stack_count(failure);
    memcpy(at, &code, 8);
    at = hr__log_value_put(at + 8, hr_log_of_text(failure->text), string_limit);
    at = hr__log_value_put(at, hr_log_of_text(failure->cause), string_limit);
    memcpy(at, &count, 8);
    at += 8;
    for (uint64_t i = 0; i < count; i++, at += 8) {
        uint64_t address = (uintptr_t)failure->stack[i];
        memcpy(at, &address, 8);
    }
    return at;
}

uint32_t hr_log_large_size_(const struct hr_log_value *value, uint32_t string_limit) {
    switch (value->type) {
    case HR_LOG_ARRAY:
        return array_size(value, string_limit);
    case HR_LOG_GROUP:
        return group_size(value, string_limit);
    default:
        return failure_size(failure_of(value), string_limit);
    }
}

char *hr_log_large_put_(char *at, const struct hr_log_value *value, uint32_t string_limit) {
    switch (value->type) {
    case HR_LOG_ARRAY:
        return array_put(at, value, string_limit);
    case HR_LOG_GROUP:
        return group_put(at, value, string_limit);
    default:
        return failure_put(at, failure_of(value), string_limit);
    }
}
