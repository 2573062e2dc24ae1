/* Notices of going on with less: gathered while the reactors open, told once by hr_engine_new on
 * its own thread. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <headrace/text.h>

#include "engine_core.h"

static bool same_kind(const char *a, const char *b) {
    while (*a && *b) {
        a += strspn(a, "0123456789");
        b += strspn(b, "0123456789");
        if (*a != *b) return false;
        if (*a) a++, b++;
    }
    return *a == *b;
}

void hr__engine_notice(void *user, const char *text) {
    hr_engine *engine = user;
    struct hr_notices *notices = &engine->notices;
    pthread_mutex_lock(&engine->lock);
    assert(notices->count <= HR_NOTICES_MAX);
    bool known = notices->count == HR_NOTICES_MAX;
    for (unsigned i = 0; i < notices->count; i++)
        known |= same_kind(notices->entries[i].text, text);
    if (!known) {
        char *kept = notices->entries[notices->count++].text;
        hr_text_copy(kept, sizeof notices->entries[0].text, hr_slice_of(text));
    }
    pthread_mutex_unlock(&engine->lock);
}

void hr__engine_notices_tell(const hr_engine *engine) {
    const struct hr_notices *notices = &engine->notices;
    for (unsigned i = 0; i < notices->count; i++) {
        if (engine->options.on_notice)
            engine->options.on_notice(engine->options.user, notices->entries[i].text);
        else
            fprintf(stderr, "headrace: %s\n", notices->entries[i].text);
    }
}

void hr__engine_notices_forget(hr_engine *engine) {
    assert(engine->threads.starting == 0); /* no reactor is there to give another */
    engine->notices.count = 0;
}
