/* A document as text: every element's end as "path=text;". Documents that say the same are equal.
 */
#ifndef HR_TEST_DOCUMENT_EVENTS_H
#define HR_TEST_DOCUMENT_EVENTS_H

#include <criterion/criterion.h>
#include <stdio.h>

#include "xml.h"

struct document_events {
    char text[65536];
    size_t size;
};

static inline int document_event(void *user, struct hr_slice path, struct hr_slice text) {
    struct document_events *events = (struct document_events *)user;
    events->size +=
        (size_t)snprintf(events->text + events->size, sizeof events->text - events->size,
                         "%.*s=%.*s;", (int)path.size, path.data, (int)text.size, text.data);
    cr_assert_lt(events->size, sizeof events->text);
    return 0;
}

static inline void document_events(struct hr_slice document, struct document_events *events) {
    static const struct hr__xml_events all = {.end = document_event};
    struct hr__xml *xml;
    events->size = 0;
    events->text[0] = 0;
    cr_assert_eq(hr__xml_new(&all, events, &xml), 0);
    int err = hr__xml_feed(xml, document.data, document.size, true);
    cr_assert_eq(err, 0, "%.*s: %s", (int)document.size, document.data, hr__xml_problem(xml));
    hr__xml_free(xml);
}

/* Both say the same. */
static inline void document_equal(struct hr_slice written, const char *expected) {
    static struct document_events ours, theirs;
    document_events(written, &ours);
    document_events(hr_slice_of(expected), &theirs);
    cr_assert_str_eq(ours.text, theirs.text);
}

#endif
