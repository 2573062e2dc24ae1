/* Journals of transfers: whatever is read can be worked with, and comes back when it is written. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "journal_contents.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds) abort();
}

static size_t add(char *journal, size_t at, const char *line, size_t size) {
    check(size > 0);
    memcpy(journal + at, line, size);
    return at + size;
}

static void read_again(const struct hr__journal_contents *was) {
    struct hr__journal_contents is;
    char line[HR__JOURNAL_LINE];
    char *journal = malloc((was->part_count + 5) * HR__JOURNAL_LINE);
    check(journal);
    size_t at = add(journal, 0, HR__JOURNAL_MAGIC, strlen(HR__JOURNAL_MAGIC));
    at = add(journal, at, line, hr__journal_write_begin(was, line));
    if (was->upload_id[0])
        at = add(journal, at, line, hr__journal_write_upload(was->upload_id, line));
    if (was->etag[0]) at = add(journal, at, line, hr__journal_write_object(was, line));
    for (size_t i = 0; i < was->part_count; i++)
        at = add(journal, at, line, hr__journal_write_part(&was->parts[i], line));
    if (was->completing) at = add(journal, at, line, hr__journal_write_complete(line));
    check(hr__journal_read(journal, at, &is) == HR__JOURNAL_READ && is.good == at);
    check(is.part_count == was->part_count && is.completing == was->completing);
    check(strcmp(is.upload_id, was->upload_id) == 0 && strcmp(is.etag, was->etag) == 0);
    check(strcmp(is.name, was->name) == 0 && is.begun_s == was->begun_s);
    hr__journal_contents_free(&is);
    free(journal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct hr__journal_contents contents;
    char *text = malloc(size + 1);
    check(text);
    memcpy(text, data, size);
    if (hr__journal_read(text, size, &contents) == HR__JOURNAL_READ) {
        check(contents.good <= size);
        if (contents.begun) read_again(&contents);
    }
    hr__journal_contents_free(&contents);
    free(text);
    return 0;
}
