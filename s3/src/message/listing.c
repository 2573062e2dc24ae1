/* Listings read out of XML: checked in one pass, shown in another. */
#include "listing.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <headrace/url.h>

#include "listing_kinds.h"

/* Bytes in memory that grows: the size of what a store sends is limited by hr__xml alone. */
struct kept {
    char *data;
    size_t size, capacity;
};

struct hr__listing {
    const struct hr__listing_table *table;
    struct hr__listing_sink sink;
    struct hr__shape_reader *reader;
    struct hr__texts texts;       /* of `head` */
    struct hr__listing_head head; /* of this pass */
    bool show;
    const char *problem;
    struct kept key; /* of the entry, decoded */
    /* Set by the first pass. */
    bool url_encoded, truncated;
    bool bad_encoded, bad_plain; /* a key is invalid, if keys are encoded and if they are not */
    struct kept cursor;
    size_t token_size; /* of its beginning */
    struct hr__page page;
};

static int refuse(struct hr__listing *listing, const char *problem) {
    listing->problem = problem;
    return HR_ERR_S3_RESPONSE;
}

static int reserve(struct kept *kept, size_t size) {
    if (size <= kept->capacity) return 0;
    char *grown = realloc(kept->data, 2 * size);
    if (!grown) return -ENOMEM;
    kept->data = grown;
    kept->capacity = 2 * size;
    return 0;
}

static int keep(struct kept *kept, struct hr_slice text) {
    int err = reserve(kept, text.size);
    if (err) return err;
    assert(text.size <= kept->capacity);
    if (text.size > 0) memcpy(kept->data, text.data, text.size);
    kept->size = text.size;
    return 0;
}

static struct hr_slice slice_of(const struct kept *kept) {
    return hr_slice_bytes(kept->size > 0 ? kept->data : "", kept->size);
}

/* Decodes in place; S3 encodes a blank as '+' and a plus as %2B. Returns whether the name is well
 * encoded, not empty and without NUL. */
static bool decode(struct kept *key) {
    for (size_t at = 0; at < key->size; at++)
        if (key->data[at] == '+') key->data[at] = ' ';
    int err = hr_percent_decode(slice_of(key), key->data, key->size, &key->size);
    return !err && key->size > 0 && !memchr(key->data, 0, key->size);
}

/* The document may tell only behind the keys whether they are encoded. */
static int check(struct hr__listing *listing, int tag, const void *entry) {
    assert(!listing->show);
    listing->page.entries++;
    listing->page.objects += tag != HR__LISTING_PREFIX;
    listing->page.digest = listing->table->digest(listing->page.digest, entry);
    if (!listing->table->keyed) return 0;
    int err = keep(&listing->key, *(const struct hr_slice *)entry);
    if (err) return err;
    listing->bad_plain |= listing->key.size == 0;
    listing->bad_encoded |= !decode(&listing->key);
    return 0;
}

static int show(struct hr__listing *listing, enum hr__listing_tag tag, void *entry) {
    assert(listing->show);
    if (listing->url_encoded && listing->table->keyed) {
        struct hr_slice *key = entry;
        int err = keep(&listing->key, *key);
        if (err) return err;
        decode(&listing->key); /* cannot fail: the first pass has tried */
        *key = slice_of(&listing->key);
    }
    return listing->table->show(&listing->sink, tag, entry);
}

static int on_entry(void *user, const struct hr__entry *entry, void *value) {
    struct hr__listing *listing = user;
    return listing->show ? show(listing, (enum hr__listing_tag)entry->tag, value)
                         : check(listing, entry->tag, value);
}

/* Where the next page begins. */
static int read_cursor(struct hr__listing *listing) {
    struct hr_slice token = listing->head.token, id = listing->head.id_marker;
    if (token.size > HR_S3_TOKEN_MAX || id.size > HR_S3_TOKEN_MAX)
        return refuse(listing, "its continuation token has more than 16384 bytes");
    int err = keep(&listing->cursor, token);
    if (err) return err;
    if (listing->table->token_encoded && listing->url_encoded && token.size > 0 &&
        !decode(&listing->cursor))
        return refuse(listing, "its NextKeyMarker is not encoded as it says");
    listing->token_size = listing->cursor.size;
    err = reserve(&listing->cursor, listing->cursor.size + 1 + id.size);
    if (err || id.size == 0) return err;
    listing->cursor.data[listing->cursor.size] = 0;
    memcpy(listing->cursor.data + listing->cursor.size + 1, id.data, id.size);
    listing->cursor.size += 1 + id.size;
    return 0;
}

/* The first pass has ended. */
static int conclude(struct hr__listing *listing) {
    const struct hr__listing_head *head = &listing->head;
    listing->url_encoded = hr_slice_equal_nocase(head->encoding, hr_slice_of("url"));
    listing->truncated = listing->table->token_tells ? head->token.size > 0 : head->truncated;
    if (listing->url_encoded ? listing->bad_encoded : listing->bad_plain)
        return refuse(listing, "a key is empty, has a NUL byte, or is not encoded as it says");
    return read_cursor(listing);
}

int hr__listing_new(enum hr__listing_kind kind, const struct hr__listing_sink *sink,
                    struct hr__listing **listing) {
    assert(kind < HR__LISTING_KINDS);
    struct hr__listing *new = calloc(1, sizeof *new);
    if (!new) return -ENOMEM;
    new->table = &hr__listing_tables[kind];
    new->sink = *sink;
    *listing = new;
    return 0;
}

void hr__listing_free(struct hr__listing *listing) {
    if (!listing) return;
    hr__shape_free(listing->reader);
    hr__texts_free(&listing->texts);
    free(listing->cursor.data);
    free(listing->key.data);
    free(listing);
}

int hr__listing_begin(struct hr__listing *listing, bool show_entries) {
    hr__shape_free(listing->reader);
    listing->reader = NULL;
    hr__texts_clear(&listing->texts);
    listing->head = (struct hr__listing_head){.truncated = false};
    listing->show = show_entries;
    listing->problem = NULL;
    if (!show_entries) {
        listing->url_encoded = listing->truncated = false;
        listing->bad_encoded = listing->bad_plain = false;
        listing->cursor.size = listing->token_size = 0;
        listing->page = (struct hr__page){.digest = HR__DIGEST_EMPTY};
    }
    struct hr__shape_sink sink = {
        .out = &listing->head, .texts = &listing->texts, .on_entry = on_entry, .user = listing};
    return hr__shape_new(&listing->table->shape, &sink, &listing->reader);
}

int hr__listing_feed(struct hr__listing *listing, struct hr_slice piece, bool last,
                     struct hr_error *error) {
    int err = hr__shape_feed(listing->reader, piece, last);
    if (!err && last && !listing->show) err = conclude(listing);
    if (err == HR_ERR_S3_RESPONSE)
        hr_error_set(error, err, "the listing cannot be understood: %s",
                     listing->problem ? listing->problem : hr__shape_problem(listing->reader));
    return err;
}

bool hr__listing_truncated(const struct hr__listing *listing) {
    return listing->truncated;
}

struct hr_slice hr__listing_token(const struct hr__listing *listing) {
    return hr_slice_bytes(slice_of(&listing->cursor).data, listing->token_size);
}

struct hr_slice hr__listing_id_marker(const struct hr__listing *listing) {
    if (listing->cursor.size <= listing->token_size) return hr_slice_bytes("", 0);
    size_t begin = listing->token_size + 1;
    return hr_slice_bytes(listing->cursor.data + begin, listing->cursor.size - begin);
}

struct hr_slice hr__listing_cursor(const struct hr__listing *listing) {
    return slice_of(&listing->cursor);
}

struct hr__page hr__listing_page(const struct hr__listing *listing) {
    return listing->page;
}
