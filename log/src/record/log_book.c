/* A book: the dictionary's entries as bytes of a file. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log_book.h"

#define BOOK_MAGIC      UINT64_C(0x316b6f6f62676f6c) /* "logbook1" */
#define ENTRY_BYTES_MAX (UINT32_C(1) << 24)

enum { ENTRY_SITE = 1, ENTRY_NAME = 2 };

/* The head of an entry. Its literals follow, each as its size in 4 bytes and its bytes. */
struct entry {
    uint64_t checksum; /* of all that follows it */
    uint32_t size;     /* of the entry, a multiple of 8 */
    uint32_t kind, id;
    uint32_t line;
    int32_t level;
    uint32_t count; /* of keys */
};

uint64_t hr__log_checksum(const void *data, uint64_t size, uint64_t seed) {
    const char *at = data;
    uint64_t sum = seed ^ size * UINT64_C(0x9e3779b97f4a7c15), word;
    for (; size > 0; at += 8) {
        uint64_t part = size < 8 ? size : 8;
        word = 0;
        memcpy(&word, at, part);
        sum = (sum ^ word) * UINT64_C(0xff51afd7ed558ccd);
        sum ^= sum >> 32;
        size -= part;
    }
    return sum;
}

static uint64_t sum_of(const struct entry *entry) {
    return hr__log_checksum((const char *)entry + 8, entry->size - 8, BOOK_MAGIC);
}

static int write_all(int fd, const void *data, uint64_t size, uint64_t offset) {
    const char *at = data;
    while (size > 0) {
        ssize_t written = pwrite(fd, at, size, (off_t)offset);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return written < 0 ? -errno : -EIO;
        at += written;
        size -= (uint64_t)written;
        offset += (uint64_t)written;
    }
    return 0;
}

/* ---- Writing. */

static char *put(char *at, struct hr_slice text) {
    uint32_t size = (uint32_t)text.size;
    memcpy(at, &size, 4);
    if (size) memcpy(at + 4, text.data, size);
    return at + 4 + size;
}

/* A new entry with room for `bytes` of literals, which the caller fills in. */
static struct entry *new_entry(uint64_t bytes) {
    uint64_t size = (sizeof(struct entry) + bytes + 7) & ~UINT64_C(7);
    if (size > ENTRY_BYTES_MAX) return NULL;
    struct entry *entry = calloc(1, size);
    if (entry) entry->size = (uint32_t)size;
    return entry;
}

static int append(struct hr__log_book *book, struct entry *entry) {
    assert(entry->size % 8 == 0 && book->fd >= 0);
    const uint64_t magic = BOOK_MAGIC;
    int err = 0;
    if (book->size == 0) {
        err = write_all(book->fd, &magic, sizeof magic, 0);
        if (!err) book->size = sizeof magic;
    }
    entry->checksum = sum_of(entry);
    if (!err) err = write_all(book->fd, entry, entry->size, book->size);
    if (!err) book->size += entry->size;
    free(entry);
    return err;
}

int hr__log_book_site(struct hr__log_book *book, const struct hr__log_site *site) {
    uint64_t bytes = 12 + site->message.size + site->file.size + site->function.size;
    for (uint32_t i = 0; i < site->count; i++) bytes += 4 + site->keys[i].size;
    struct entry *entry = new_entry(bytes);
    if (!entry) return -ENOMEM;
    entry->kind = ENTRY_SITE;
    entry->id = site->id;
    entry->line = site->line;
    entry->level = site->level;
    entry->count = site->count;
    char *at = put((char *)(entry + 1), site->message);
    at = put(at, site->file);
    at = put(at, site->function);
    for (uint32_t i = 0; i < site->count; i++) at = put(at, site->keys[i]);
    return append(book, entry);
}

int hr__log_book_name(struct hr__log_book *book, uint16_t id, struct hr_slice text) {
    struct entry *entry = new_entry(4 + text.size);
    if (!entry) return -ENOMEM;
    entry->kind = ENTRY_NAME;
    entry->id = id;
    put((char *)(entry + 1), text);
    return append(book, entry);
}

/* ---- Reading. */

static bool take(const char **at, const char *end, struct hr_slice *text) {
    uint32_t size;
    if (end - *at < 4) return false;
    memcpy(&size, *at, 4);
    if (size > (uint64_t)(end - *at) - 4) return false;
    *text = hr_slice_bytes(*at + 4, size);
    *at += 4 + size;
    return true;
}

static bool read_site(const struct entry *head, const char *at, const char *end,
                      struct hr__log_literals *site) {
    if (head->count > HR_LOG_FIELDS_MAX) return false;
    site->id = head->id;
    site->line = head->line;
    site->level = head->level;
    site->count = head->count;
    bool whole = take(&at, end, &site->message) && take(&at, end, &site->file) &&
                 take(&at, end, &site->function);
    for (uint32_t i = 0; i < head->count && whole; i++) whole = take(&at, end, &site->keys[i]);
    return whole;
}

int hr__log_book_begin(struct hr_slice book, uint64_t *at) {
    uint64_t magic;
    *at = 0;
    if (book.size == 0) return 0;
    if (book.size < sizeof magic) return -EBADMSG;
    memcpy(&magic, book.data, sizeof magic);
    if (magic != BOOK_MAGIC) return -EBADMSG;
    *at = sizeof magic;
    return 0;
}

bool hr__log_book_next(struct hr_slice book, uint64_t *at, struct hr__log_book_entry *entry) {
    struct entry head;
    assert(*at <= book.size && *at % 8 == 0);
    uint64_t left = book.size - *at;
    const char *from = book.data + *at;
    if (left < sizeof head) return false;
    memcpy(&head, from, sizeof head);
    if (head.size < sizeof head || head.size > left || head.size % 8) return false;
    if (hr__log_checksum(from + 8, head.size - 8, BOOK_MAGIC) != head.checksum) return false;
    const char *literals = from + sizeof head, *end = from + head.size;
    entry->is_name = head.kind == ENTRY_NAME;
    entry->id = head.id;
    if (head.kind == ENTRY_SITE) {
        if (!read_site(&head, literals, end, &entry->site)) return false;
    } else if (!entry->is_name || !take(&literals, end, &entry->name)) {
        return false;
    }
    *at += head.size;
    return true;
}
