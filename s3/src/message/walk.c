/* A listing that never ends is noticed, in constant memory. */
#include "walk.h"

/* FNV-1a. A store that made two pages with one digest on purpose would only end its own listing
 * with an error. */
uint64_t hr__digest(uint64_t digest, struct hr_slice text) {
    for (size_t i = 0; i < text.size; i++)
        digest = (digest ^ (unsigned char)text.data[i]) * 0x100000001b3u;
    /* A value that no byte has ends the text: "ab", "c" is not "a", "bc". */
    return (digest ^ 0x100u) * 0x100000001b3u;
}

/* Brent's cycle detection: each page is compared with a mark, which moves to pages 1, 2, 4, 8 and
 * so on. A cycle of any length comes back to a mark inside of it before its second round ends. */
const char *hr__walk_step(struct hr_s3_walk *walk, const struct hr__page *page,
                          struct hr_slice token) {
    uint64_t token_digest = hr__digest(HR__DIGEST_EMPTY, token);
    if (walk->pages > 0 && token_digest == walk->mark_token)
        return "its continuation tokens come round again: it would never end";
    if (page->entries == 0) {
        walk->idle_pages++;
    } else if (walk->pages > 0 && page->digest == walk->mark_page) {
        /* Some stores give one common prefix on several pages, one behind the other. */
        if (page->objects > 0 || !walk->only_mark)
            return "the same entries come again under new continuation tokens: it would never end";
        walk->idle_pages++;
    } else {
        walk->idle_pages = 0;
        walk->only_mark = false;
    }
    if (walk->idle_pages >= HR__S3_IDLE_PAGES_MAX)
        return "1000 pages in a row bring nothing new and say that there is more";
    if (++walk->pages >= walk->mark_at) {
        walk->mark_at = 2 * walk->pages;
        walk->mark_token = token_digest;
        walk->mark_page = page->digest;
        walk->only_mark = true;
    }
    return NULL;
}
