#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "log_book.h"
#include "log_dictionary.h"

/* A book with a name, a call site with two keys, and another name. */
static struct hr_slice write_book(char *bytes, size_t capacity) {
    struct hr__log_book book = {.fd = memfd_create("book", MFD_CLOEXEC), .lock = -1};
    struct hr__log_site *site = calloc(1, sizeof *site + 2 * sizeof site->keys[0]);
    cr_assert(book.fd >= 0 && site);
    *site = (struct hr__log_site){.id = HR_LOG_SITE_FIRST,
                                  .line = 7,
                                  .level = 20,
                                  .count = 2,
                                  .message = hr_slice_of("read"),
                                  .file = hr_slice_of("a.c"),
                                  .function = hr_slice_of("f")};
    site->keys[0] = hr_slice_of("bytes");
    site->keys[1] = hr_slice_of("");
    cr_assert_eq(hr__log_book_name(&book, 1, hr_slice_of("service")), 0);
    cr_assert_eq(hr__log_book_site(&book, site), 0);
    cr_assert_eq(hr__log_book_name(&book, 2, hr_slice_of("service.s3")), 0);
    cr_assert(book.size <= capacity);
    cr_assert_eq(pread(book.fd, bytes, book.size, 0), (ssize_t)book.size);
    close(book.fd);
    free(site);
    return hr_slice_bytes(bytes, book.size);
}

static unsigned count_entries(struct hr_slice book) {
    struct hr__log_book_entry entry;
    uint64_t at;
    unsigned count = 0;
    cr_assert_eq(hr__log_book_begin(book, &at), 0);
    while (hr__log_book_next(book, &at, &entry)) count++;
    return count;
}

Test(log_book, entries_come_back_in_their_order) {
    char bytes[512];
    struct hr_slice book = write_book(bytes, sizeof bytes);
    struct hr__log_book_entry entry;
    uint64_t at;
    cr_assert_eq(hr__log_book_begin(book, &at), 0);
    cr_assert(hr__log_book_next(book, &at, &entry));
    cr_assert(entry.is_name && entry.id == 1 && hr_slice_equal(entry.name, hr_slice_of("service")));
    cr_assert(hr__log_book_next(book, &at, &entry));
    cr_assert(!entry.is_name && entry.id == HR_LOG_SITE_FIRST && entry.site.line == 7);
    cr_assert(entry.site.level == 20 && entry.site.count == 2 && entry.site.keys[1].size == 0);
    cr_assert(hr_slice_equal(entry.site.message, hr_slice_of("read")));
    cr_assert(hr_slice_equal(entry.site.keys[0], hr_slice_of("bytes")));
    cr_assert(hr__log_book_next(book, &at, &entry));
    cr_assert(entry.is_name && entry.id == 2);
    cr_assert_not(hr__log_book_next(book, &at, &entry));
    cr_assert_eq(at, book.size);
}

/* A writer may be killed behind any byte of its last entry. */
Test(log_book, an_entry_that_is_not_whole_ends_it) {
    char bytes[512];
    struct hr_slice book = write_book(bytes, sizeof bytes);
    unsigned before = 0;
    for (size_t size = 8; size <= book.size; size++) {
        unsigned count = count_entries(hr_slice_bytes(book.data, size));
        cr_assert(count == before || count == before + 1);
        before = count;
    }
    cr_assert_eq(before, 3);
}

Test(log_book, a_changed_byte_ends_it_there) {
    char bytes[512];
    struct hr_slice book = write_book(bytes, sizeof bytes);
    for (size_t i = 8; i < book.size; i++) {
        bytes[i] ^= 1;
        cr_assert(count_entries(book) < 3, "byte %zu", i);
        bytes[i] ^= 1;
    }
    bytes[0] ^= 1;
    uint64_t at;
    cr_assert_eq(hr__log_book_begin(book, &at), -EBADMSG);
    cr_assert_eq(hr__log_book_begin(hr_slice_bytes(bytes, 7), &at), -EBADMSG);
    cr_assert_eq(count_entries(hr_slice_bytes(NULL, 0)), 0);
}

Test(log_book, a_dictionary_is_read_out_of_it) {
    char bytes[512];
    struct hr__log_dictionary *dictionary = calloc(1, sizeof *dictionary);
    cr_assert(dictionary);
    struct hr_slice book = write_book(bytes, sizeof bytes);
    cr_assert_eq(hr__log_dictionary_read(dictionary, book), 0);
    memset(bytes, 0, sizeof bytes); /* nothing points there any more */
    const struct hr__log_site *site = hr__log_site_find(dictionary, HR_LOG_SITE_FIRST);
    cr_assert(site && hr_slice_equal(site->message, hr_slice_of("read")));
    cr_assert(hr_slice_equal(hr__log_name_find(dictionary, 2), hr_slice_of("service.s3")));
    cr_assert_eq(hr__log_name_find(dictionary, 3).size, 0);
    hr__log_dictionary_free(dictionary);
    free(dictionary);
}
