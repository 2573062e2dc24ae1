/* Fetches versions page by page: standard output may block, the reactor must not. */
#include "s3_version_page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int grow(void **memory, size_t *capacity, size_t needed, size_t element) {
    if (needed <= *capacity) return 0;
    void *grown = realloc(*memory, needed * 2 * element);
    if (!grown) return -ENOMEM;
    *memory = grown;
    *capacity = needed * 2;
    return 0;
}

/* There is room. */
static size_t keep(struct s3_version_page *page, struct hr_slice bytes) {
    size_t place = page->text_size;
    if (bytes.size) memcpy(page->text + place, bytes.data, bytes.size);
    page->text[place + bytes.size] = '\0';
    page->text_size += bytes.size + 1;
    return place;
}

static int make_room(struct s3_version_page *page, const struct hr_s3_version *version) {
    size_t text = version->key.size + version->version_id.size + version->etag.size +
                  version->storage_class.size + 4;
    void *entries = page->entries, *bytes = page->text;
    int err = grow(&entries, &page->capacity, page->count + 1, sizeof *page->entries);
    page->entries = entries;
    if (!err) err = grow(&bytes, &page->text_capacity, page->text_size + text, 1);
    page->text = bytes;
    return err;
}

/* On the reactor. */
static int on_version(struct hr_s3_version_list *list, const struct hr_s3_version *version) {
    struct s3_version_page *page = (struct s3_version_page *)(void *)list;
    int err = make_room(page, version);
    if (err) return err;
    page->entries[page->count++] = (struct s3_version_entry){
        .key = keep(page, version->key),
        .key_size = version->key.size,
        .id = keep(page, version->version_id),
        .etag = keep(page, version->etag),
        .storage_class = keep(page, version->storage_class),
        .size_bytes = version->size_bytes,
        .time_s = version->last_modified_s,
        .is_latest = version->is_latest,
        .is_delete_marker = version->is_delete_marker,
    };
    return 0;
}

/* The last version of this page is where the next one begins. */
static int go_on(struct s3_version_page *page) {
    if (page->count == 0) return 0;
    const struct s3_version_entry *last = &page->entries[page->count - 1];
    free(page->last_key);
    free(page->last_id);
    page->last_key = strdup(s3_version_text(page, last->key));
    page->last_id = strdup(s3_version_text(page, last->id));
    page->list.key_after = page->last_key;
    page->list.version_id_after = page->last_id;
    return page->last_key && page->last_id ? 0 : -ENOMEM;
}

int s3_version_page_next(struct s3_version_page *page, struct session *session,
                         struct hr_error *error) {
    int err = go_on(page);
    if (err) return hr_error_set(error, err, "no memory for a page of versions");
    page->count = page->text_size = 0;
    page->list.one_page = true;
    page->list.on_version = on_version;
    session_prepare(session, &page->list.request);
    int started = hr_s3_version_list_start(session->client, &page->list);
    return session_wait(session, &page->list.request, started, NULL, NULL, error);
}

void s3_version_page_free(struct s3_version_page *page) {
    free(page->entries);
    free(page->text);
    free(page->last_key);
    free(page->last_id);
}
