/* A hosts file in memory, and lookups in it. */
#include "hosts_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "address_text.h"

/* One name of one line. */
struct line_name {
    uint32_t name, name_size; /* in `lower` */
    uint32_t address, line;   /* where the address stands in `lower` */
};

struct hr_hosts {
    char *text, *lower; /* the file as it is; and for the search: in lower case, with NUL behind
                           each word */
    size_t size, count, capacity;
    struct line_name *names;
};

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static int add(struct hr_hosts *hosts, const struct line_name *name) {
    if (hosts->count == hosts->capacity) {
        size_t capacity = hosts->capacity ? hosts->capacity * 2 : 16;
        struct line_name *names = realloc(hosts->names, capacity * sizeof *names);
        if (!names) return -ENOMEM;
        hosts->names = names;
        hosts->capacity = capacity;
    }
    hosts->names[hosts->count++] = *name;
    return 0;
}

/* An address with a zone is passed over: its interface may come and go. */
static bool read_address(const char *text, union hr_address *address) {
    return !strchr(text, '%') && hr__address_read(hr_slice_of(text), false, address) == 0;
}

/* Puts a NUL behind the next word at or behind `at`. Returns where the word begins, or `end` where
 * there is none. */
static size_t next_word(char *text, size_t *at, size_t end) {
    while (*at < end && is_blank(text[*at])) ++*at;
    size_t begin = *at;
    while (*at < end && !is_blank(text[*at])) ++*at;
    text[*at] = 0; /* there is a byte behind the last one, too */
    if (*at < end) ++*at;
    return begin;
}

static int read_line(struct hr_hosts *hosts, size_t begin, size_t end, uint32_t line) {
    char *text = hosts->lower;
    char *comment = memchr(text + begin, '#', end - begin);
    if (comment) end = (size_t)(comment - text);
    size_t at = begin;
    size_t address = next_word(text, &at, end);
    union hr_address ignored;
    if (address == end || !read_address(text + address, &ignored)) return 0;
    for (;;) {
        size_t name = next_word(text, &at, end);
        if (name >= end) return 0;
        size_t size = strlen(text + name);
        if (size > 1 && text[name + size - 1] == '.') size--;
        struct line_name entry = {.name = (uint32_t)name,
                                  .name_size = (uint32_t)size,
                                  .address = (uint32_t)address,
                                  .line = line};
        int err = add(hosts, &entry);
        if (err) return err;
    }
}

static int read_lines(struct hr_hosts *hosts) {
    uint32_t line = 0;
    for (size_t begin = 0; begin < hosts->size;) {
        char *newline = memchr(hosts->lower + begin, '\n', hosts->size - begin);
        size_t end = newline ? (size_t)(newline - hosts->lower) : hosts->size;
        int err = read_line(hosts, begin, end, line++);
        if (err) return err;
        begin = end + 1;
    }
    return 0;
}

static int by_name(const void *a, const void *b, void *text) {
    const struct line_name *first = a, *second = b;
    const char *lower = text;
    int order = hr_slice_compare(hr_slice_bytes(lower + first->name, first->name_size),
                                 hr_slice_bytes(lower + second->name, second->name_size));
    if (order) return order;
    return (first->line > second->line) - (first->line < second->line);
}

int hr__hosts_new(struct hr_slice text, struct hr_hosts **hosts) {
    struct hr_hosts *made = calloc(1, sizeof *made);
    if (!made) return -ENOMEM;
    made->size = text.size;
    made->text = malloc(text.size + 1);
    made->lower = malloc(text.size + 1);
    int err = made->text && made->lower ? 0 : -ENOMEM;
    if (!err) {
        for (size_t i = 0; i < text.size; i++) {
            char c = text.data[i];
            made->text[i] = c;
            made->lower[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        }
        made->lower[text.size] = 0;
        err = read_lines(made);
    }
    if (err) {
        hr__hosts_free(made);
        return err;
    }
    if (made->count > 1)
        qsort_r(made->names, made->count, sizeof made->names[0], by_name, made->lower);
    *hosts = made;
    return 0;
}

void hr__hosts_free(struct hr_hosts *hosts) {
    if (!hosts) return;
    free(hosts->text);
    free(hosts->lower);
    free(hosts->names);
    free(hosts);
}

bool hr__hosts_same(const struct hr_hosts *hosts, struct hr_slice text) {
    return hosts->size == text.size &&
           (text.size == 0 || memcmp(hosts->text, text.data, text.size) == 0);
}

/* The first entry that is not before `name`. */
static size_t lower_bound(const struct hr_hosts *hosts, struct hr_slice name) {
    size_t low = 0, high = hosts->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct line_name *entry = &hosts->names[middle];
        struct hr_slice text = hr_slice_bytes(hosts->lower + entry->name, entry->name_size);
        if (hr_slice_compare(text, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

unsigned hr__hosts_find(const struct hr_hosts *hosts, struct hr_slice name, int family,
                        struct hr_addresses *addresses) {
    unsigned found = 0;
    if (name.size == 0) return 0;
    for (size_t i = lower_bound(hosts, name); i < hosts->count; i++) {
        const struct line_name *entry = &hosts->names[i];
        if (hr_slice_compare(hr_slice_bytes(hosts->lower + entry->name, entry->name_size), name))
            break;
        union hr_address address;
        if (!read_address(hosts->lower + entry->address, &address)) continue;
        if (family != AF_UNSPEC && address.any.sa_family != family) continue;
        if (addresses->count == HR_ADDRESSES_MAX) break;
        addresses->list[addresses->count++] = address;
        found++;
    }
    return found;
}
