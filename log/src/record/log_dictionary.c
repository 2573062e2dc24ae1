/* The dictionary: call sites and names of logs, by number. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/slice_copy.h>

#include "log_dictionary.h"
#include "log_redact.h"

struct hr__log_dictionary hr__log_dictionary = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .site_count = HR_LOG_SITE_FIRST, .name_count = 1};

/* The place of an id in a table of chunks, whose chunk is made where it is not there yet. NULL: no
 * memory. */
static void **place(void ***chunks, uint32_t id) {
    void ***chunk = &chunks[id / HR_LOG_CHUNK];
    if (!*chunk) {
        void **made = calloc(HR_LOG_CHUNK, sizeof *made);
        if (!made) return NULL;
        __atomic_store_n(chunk, made, __ATOMIC_RELEASE);
    }
    return &(*chunk)[id % HR_LOG_CHUNK];
}

static void *find(void **const *chunks, uint32_t id) {
    void *const *chunk = __atomic_load_n(&chunks[id / HR_LOG_CHUNK], __ATOMIC_ACQUIRE);
    return chunk ? __atomic_load_n(&chunk[id % HR_LOG_CHUNK], __ATOMIC_ACQUIRE) : NULL;
}

/* The site and all of its literals in one piece of memory. */
static struct hr__log_site *copy_site(const struct hr__log_literals *from) {
    assert(from->count <= HR_LOG_FIELDS_MAX);
    size_t size = from->message.size + from->file.size + from->function.size;
    for (uint32_t i = 0; i < from->count; i++) size += from->keys[i].size;
    struct hr__log_site *copy = malloc(sizeof *copy + from->count * sizeof copy->keys[0] + size);
    if (!copy) return NULL;
    char *at = (char *)&copy->keys[from->count];
    copy->id = from->id;
    copy->line = from->line;
    copy->level = from->level;
    copy->count = from->count;
    copy->message = hr__slice_copy(&at, from->message);
    copy->file = hr__slice_copy(&at, from->file);
    copy->function = hr__slice_copy(&at, from->function);
    for (uint32_t i = 0; i < from->count; i++) copy->keys[i] = hr__slice_copy(&at, from->keys[i]);
    return copy;
}

static struct hr__log_site *copy_call(const struct hr_log_site *site, uint32_t id) {
    struct hr__log_literals literals = {.id = id,
                                        .line = site->line,
                                        .level = site->level,
                                        .count = site->count,
                                        .message = hr_slice_of(site->message),
                                        .file = hr_slice_of(site->file),
                                        .function = hr_slice_of(site->function)};
    for (uint32_t i = 0; i < site->count; i++) literals.keys[i] = hr_slice_of(site->keys[i]);
    return copy_site(&literals);
}

static struct hr__log_name *copy_name(uint16_t id, struct hr_slice text) {
    assert(id > 0);
    struct hr__log_name *name = malloc(sizeof *name + text.size);
    if (!name) return NULL;
    char *at = (char *)(name + 1);
    name->id = id;
    name->text = hr__slice_copy(&at, text);
    return name;
}

/* ---- Books. */

/* Where one book has taken the entry and the next has not, no record refers to it and its id is
 * used again: a reader keeps the last entry of an id. */
static int write_site(const struct hr__log_site *site) {
    int err = 0;
    for (struct hr__log_book *book = hr__log_dictionary.books; book && !err; book = book->next)
        err = hr__log_book_site(book, site);
    return err;
}

static int write_name(const struct hr__log_name *name) {
    int err = 0;
    for (struct hr__log_book *book = hr__log_dictionary.books; book && !err; book = book->next)
        err = hr__log_book_name(book, name->id, name->text);
    return err;
}

int hr__log_dictionary_follow(struct hr__log_book *book) {
    assert(!book->next && book->fd >= 0);
    struct hr__log_dictionary *dictionary = &hr__log_dictionary;
    int err = 0;
    pthread_mutex_lock(&dictionary->lock);
    for (uint32_t id = 1; id < dictionary->name_count && !err; id++)
        err = hr__log_book_name(book, (uint16_t)id, hr__log_name_find(dictionary, (uint16_t)id));
    for (uint32_t id = HR_LOG_SITE_FIRST; id < dictionary->site_count && !err; id++)
        err = hr__log_book_site(book, hr__log_site_find(dictionary, id));
    if (!err) {
        book->next = dictionary->books;
        dictionary->books = book;
    }
    pthread_mutex_unlock(&dictionary->lock);
    return err;
}

void hr__log_dictionary_unfollow(struct hr__log_book *book) {
    pthread_mutex_lock(&hr__log_dictionary.lock);
    struct hr__log_book **link = &hr__log_dictionary.books;
    while (*link && *link != book) link = &(*link)->next;
    if (*link) *link = book->next;
    pthread_mutex_unlock(&hr__log_dictionary.lock);
}

void hr__log_dictionary_fork_begins(void) {
    pthread_mutex_lock(&hr__log_dictionary.lock);
}

void hr__log_dictionary_forked_parent(void) {
    pthread_mutex_unlock(&hr__log_dictionary.lock);
}

/* A directory's lock belongs to the open file, which the child shares: unless it closes that, it
 * holds the directory after its parent has died. */
void hr__log_dictionary_forked_child(void) {
    for (struct hr__log_book *book = hr__log_dictionary.books; book; book = book->next) {
        close(book->fd);
        close(book->lock);
    }
    hr__log_dictionary.books = NULL;
    pthread_mutex_unlock(&hr__log_dictionary.lock);
}

/* ---- Adding. */

static uint32_t redacted_keys(const struct hr_log_site *site) {
    uint32_t redacted = 0;
    for (uint32_t i = 0; i < site->count; i++)
        if (hr__log_is_redacted(hr_slice_of(site->keys[i]))) redacted |= UINT32_C(1) << i;
    return redacted;
}

uint32_t hr__log_site_add(struct hr_log_site *site) {
    assert(site->count <= HR_LOG_FIELDS_MAX);
    struct hr__log_dictionary *dictionary = &hr__log_dictionary;
    pthread_mutex_lock(&dictionary->lock);
    uint32_t id = site->id;
    if (id == 0 && dictionary->site_count <
                       sizeof dictionary->sites / sizeof *dictionary->sites * HR_LOG_CHUNK) {
        void **at = place((void ***)dictionary->sites, dictionary->site_count);
        struct hr__log_site *copy = at ? copy_call(site, dictionary->site_count) : NULL;
        if (copy && write_site(copy) != 0) {
            free(copy);
            copy = NULL;
        }
        if (copy) {
            id = dictionary->site_count;
            __atomic_store_n(at, (void *)copy, __ATOMIC_RELEASE);
            __atomic_store_n(&dictionary->site_count, id + 1, __ATOMIC_RELEASE);
            site->redacted = redacted_keys(site);
            __atomic_store_n(&site->id, id, __ATOMIC_RELEASE);
            if (!site->redacted) __atomic_store_n(&site->quick, id, __ATOMIC_RELEASE);
        }
    }
    pthread_mutex_unlock(&dictionary->lock);
    return id;
}

const struct hr__log_site *hr__log_site_find(const struct hr__log_dictionary *dictionary,
                                             uint32_t id) {
    size_t limit = sizeof dictionary->sites / sizeof *dictionary->sites * HR_LOG_CHUNK;
    return id < limit ? find((void **const *)dictionary->sites, id) : NULL;
}

static uint32_t known_name(const struct hr__log_dictionary *dictionary, struct hr_slice text) {
    for (uint32_t id = 1; id < dictionary->name_count; id++)
        if (hr_slice_equal(hr__log_name_find(dictionary, (uint16_t)id), text)) return id;
    return 0;
}

int hr__log_name_add(struct hr_slice text, uint16_t *id) {
    struct hr__log_dictionary *dictionary = &hr__log_dictionary;
    int err = 0;
    pthread_mutex_lock(&dictionary->lock);
    assert(dictionary->name_count > 0 && dictionary->name_count <= HR_LOG_NAMES_MAX + 1);
    uint32_t known = known_name(dictionary, text);
    if (!known && dictionary->name_count > HR_LOG_NAMES_MAX) {
        err = -ENOSPC;
    } else if (!known) {
        void **at = place((void ***)dictionary->names, dictionary->name_count);
        struct hr__log_name *name = at ? copy_name((uint16_t)dictionary->name_count, text) : NULL;
        err = name ? write_name(name) : -ENOMEM;
        if (err) {
            free(name);
        } else {
            known = dictionary->name_count++;
            __atomic_store_n(at, (void *)name, __ATOMIC_RELEASE);
        }
    }
    pthread_mutex_unlock(&dictionary->lock);
    if (!err) *id = (uint16_t)known;
    return err;
}

struct hr_slice hr__log_name_find(const struct hr__log_dictionary *dictionary, uint16_t id) {
    const struct hr__log_name *name = find((void **const *)dictionary->names, id);
    return name ? name->text : hr_slice_bytes(NULL, 0);
}

/* ---- The dictionary of another process, out of its book. */

static int put_at(void ***chunks, uint32_t id, void *entry) {
    void **at = entry ? place(chunks, id) : NULL;
    if (!at) {
        free(entry);
        return -ENOMEM;
    }
    free(*at);
    *at = entry;
    return 0;
}

static int put_entry(struct hr__log_dictionary *dictionary,
                     const struct hr__log_book_entry *entry) {
    size_t limit = sizeof dictionary->sites / sizeof *dictionary->sites * HR_LOG_CHUNK;
    if (entry->is_name) {
        if (entry->id == 0 || entry->id > HR_LOG_NAMES_MAX) return -EBADMSG;
        uint16_t id = (uint16_t)entry->id;
        return put_at((void ***)dictionary->names, id, copy_name(id, entry->name));
    }
    if (entry->id < HR_LOG_SITE_FIRST || entry->id >= limit) return -EBADMSG;
    return put_at((void ***)dictionary->sites, entry->id, copy_site(&entry->site));
}

int hr__log_dictionary_read(struct hr__log_dictionary *dictionary, struct hr_slice book) {
    struct hr__log_book_entry entry;
    uint64_t at;
    assert(dictionary != &hr__log_dictionary);
    int err = hr__log_book_begin(book, &at);
    if (err) return err;
    while (hr__log_book_next(book, &at, &entry)) {
        err = put_entry(dictionary, &entry);
        if (err == -ENOMEM) return err;
        if (err) break;
    }
    return 0;
}

static void free_chunks(void ***chunks, size_t count) {
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; chunks[i] && k < HR_LOG_CHUNK; k++) free(chunks[i][k]);
        free(chunks[i]);
    }
}

void hr__log_dictionary_free(struct hr__log_dictionary *dictionary) {
    free_chunks((void ***)dictionary->sites, sizeof dictionary->sites / sizeof(void *));
    free_chunks((void ***)dictionary->names, sizeof dictionary->names / sizeof(void *));
}
