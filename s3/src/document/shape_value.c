/* Values of elements. */
#include "shape_value.h"

#include <assert.h>
#include <errno.h>

#include <headrace/clock.h>
#include <headrace/text.h>

#define PART_NUMBER_MAX 10000

static struct hr_slice collapse(struct hr_slice text) {
    while (text.size > 0 && memchr(" \t\r\n", text.data[0], 4)) text.data++, text.size--;
    while (text.size > 0 && memchr(" \t\r\n", text.data[text.size - 1], 4)) text.size--;
    return text;
}

static struct hr_slice unquote(struct hr_slice text) {
    if (text.size >= 2 && text.data[0] == '"' && text.data[text.size - 1] == '"')
        return hr_slice_bytes(text.data + 1, text.size - 2);
    return text;
}

static int set_text(struct hr_slice text, struct hr__texts *texts, void *member, bool is_slice) {
    const char *copy = hr__texts_add(texts, text);
    if (!copy) return -ENOMEM;
    if (is_slice)
        *(struct hr_slice *)member = hr_slice_bytes(copy, text.size);
    else
        *(const char **)member = copy;
    return 0;
}

/* The rest: NULL, or what is wrong. */
static const char *set_u64(struct hr_slice text, uint64_t *member) {
    return hr_text_u64(text, UINT64_MAX, member) == 0 ? NULL : "is not a number";
}

static const char *set_part(struct hr_slice text, uint32_t *member) {
    uint64_t number;
    if (hr_text_u64(text, PART_NUMBER_MAX, &number) != 0 || number == 0)
        return "is not a number from 1 to 10000";
    *member = (uint32_t)number;
    return NULL;
}

static const char *set_bool(struct hr_slice text, bool *member) {
    bool value = hr_slice_equal_nocase(text, hr_slice_of("true"));
    if (!value && !hr_slice_equal_nocase(text, hr_slice_of("false")))
        return "is neither true nor false";
    *member = value;
    return NULL;
}

static const char *set_time(struct hr_slice text, bool required, uint64_t *member) {
    uint64_t time_s;
    bool known = hr_date_parse(text, &time_s) == 0;
    if (!known && required) return "is not a date";
    *member = known ? time_s : 0;
    return NULL;
}

bool hr__value_is_empty(const struct hr__element *element, struct hr_slice text) {
    return (element->value == HR__VALUE_WORD ? collapse(text) : text).size == 0;
}

int hr__value_set(const struct hr__element *element, struct hr_slice text,
                  const struct hr__value_memory *memory, const char **problem) {
    assert(memory->out);
    void *member = memory->out + element->offset;
    switch (element->value) {
    case HR__VALUE_TEXT:
    case HR__VALUE_STRING:
        return set_text(text, memory->texts, member, element->value == HR__VALUE_TEXT);
    case HR__VALUE_WORD:
        return set_text(collapse(text), memory->texts, member, true);
    case HR__VALUE_ETAG:
        return set_text(unquote(text), memory->texts, member, true);
    case HR__VALUE_U64:
        *problem = set_u64(collapse(text), member);
        break;
    case HR__VALUE_PART:
        *problem = set_part(collapse(text), member);
        break;
    case HR__VALUE_BOOL:
        *problem = set_bool(collapse(text), member);
        break;
    case HR__VALUE_TIME:
        *problem = set_time(collapse(text), element->rule == HR__REQUIRED, member);
        break;
    }
    return *problem ? HR_ERR_S3_RESPONSE : 0;
}
