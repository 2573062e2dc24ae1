/* The dictionary: call sites and names of logs, by number. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log_dictionary.h"
#include "log_redact.h"

struct hr__log_dictionary hr__log_dictionary = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .site_count = HR_LOG_SITE_FIRST, .name_count = 1};

/* The place of an id in a table of chunks, which is made where it is not there yet. */
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

/* Copies a literal behind the others; `*at` moves on. */
static struct hr_slice keep(char **at, const char *text) {
    size_t size = strlen(text);
    char *copy = memcpy(*at, text, size);
    *at += size;
    return hr_slice_bytes(copy, size);
}

static struct hr__log_site *copy_site(const struct hr_log_site *site, uint32_t id) {
    size_t size = strlen(site->message) + strlen(site->file) + strlen(site->function);
    for (uint32_t i = 0; i < site->count; i++) size += strlen(site->keys[i]);
    struct hr__log_site *copy = malloc(sizeof *copy + site->count * sizeof copy->keys[0] + size);
    if (!copy) return NULL;
    char *at = (char *)&copy->keys[site->count];
    copy->id = id;
    copy->line = site->line;
    copy->level = site->level;
    copy->count = site->count;
    copy->message = keep(&at, site->message);
    copy->file = keep(&at, site->file);
    copy->function = keep(&at, site->function);
    for (uint32_t i = 0; i < site->count; i++) copy->keys[i] = keep(&at, site->keys[i]);
    return copy;
}

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
        struct hr__log_site *copy = at ? copy_site(site, dictionary->site_count) : NULL;
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
    uint32_t known = known_name(dictionary, text);
    if (!known && dictionary->name_count > HR_LOG_NAMES_MAX) {
        err = -ENOSPC;
    } else if (!known) {
        void **at = place((void ***)dictionary->names, dictionary->name_count);
        struct hr__log_name *name = at ? malloc(sizeof *name + text.size) : NULL;
        if (name) {
            known = dictionary->name_count++;
            name->id = (uint16_t)known;
            name->text = hr_slice_bytes((char *)(name + 1), text.size);
            if (text.size) memcpy(name + 1, text.data, text.size);
            __atomic_store_n(at, (void *)name, __ATOMIC_RELEASE);
        } else {
            err = -ENOMEM;
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
