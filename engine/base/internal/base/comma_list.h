/* Lists whose elements are separated by commas. */
#ifndef HR_BASE_COMMA_LIST_H
#define HR_BASE_COMMA_LIST_H

#include <stdbool.h>
#include <string.h>

#include <headrace/slice.h>

/* Moves `list` behind its first element, which is given without blanks and tabs around it and may
 * be empty. False: the list was empty. A comma at the very end has no element behind it. */
static inline bool hr__comma_list_next(struct hr_slice *list, struct hr_slice *element) {
    if (list->size == 0) return false;
    const char *begin = list->data, *end = begin + list->size;
    const char *comma = memchr(begin, ',', list->size);
    const char *next = comma ? comma + 1 : end;
    *list = hr_slice_bytes(next, (size_t)(end - next));
    if (comma) end = comma;
    while (begin < end && (*begin == ' ' || *begin == '\t')) begin++;
    while (end > begin && (end[-1] == ' ' || end[-1] == '\t')) end--;
    *element = hr_slice_bytes(begin, (size_t)(end - begin));
    return true;
}

#endif
