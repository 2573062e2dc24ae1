/* Lists a prefix page by page. */
#include "tree_listing.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct item {
    uint64_t size_bytes, time_s;
    size_t key, key_size, etag_size; /* in the text, one behind the other */
};

struct page {
    struct item *items;
    size_t count, capacity, next;
    char *text;
    size_t text_size, text_capacity;
};

struct tree_listing_s {
    struct tree_source source; /* first */
    struct hr_s3_list list;    /* by which on_object finds the listing */
    struct tree_work work;
    hr_s3_client *client;
    struct tree_pool *pool;
    size_t prefix_size;
    struct page pages[2]; /* one is shown, the other one filled */
    struct page *shown, *filled;
    bool under_way, filled_ready, ended;
    char last[1025]; /* the key before: they have to rise */
    size_t last_size;
    struct hr_error error;
};

static int grow(void **memory, size_t *capacity, size_t needed, size_t element) {
    if (needed <= *capacity) return 0;
    void *grown = realloc(*memory, needed * 2 * element);
    if (!grown) return -ENOMEM;
    *memory = grown;
    *capacity = needed * 2;
    return 0;
}

static int keep(struct page *page, const struct hr_s3_object *object) {
    size_t size = object->key.size + object->etag.size;
    void *items = page->items, *text = page->text;
    int err = grow(&items, &page->capacity, page->count + 1, sizeof *page->items);
    page->items = items;
    if (!err) err = grow(&text, &page->text_capacity, page->text_size + size, 1);
    page->text = text;
    if (err) return err;
    page->items[page->count++] = (struct item){.size_bytes = object->size_bytes,
                                               .time_s = object->last_modified_s,
                                               .key = page->text_size,
                                               .key_size = object->key.size,
                                               .etag_size = object->etag.size};
    memcpy(page->text + page->text_size, object->key.data, object->key.size);
    if (object->etag.size)
        memcpy(page->text + page->text_size + object->key.size, object->etag.data,
               object->etag.size);
    page->text_size += size;
    return 0;
}

/* On the reactor. The filled page is its own until the request is done. */
static int on_object(struct hr_s3_list *list, const struct hr_s3_object *object) {
    tree_listing *listing = (void *)((char *)list - offsetof(struct tree_listing_s, list));
    if (object->is_prefix) return 0;
    if (object->key.size < listing->prefix_size || object->key.size > sizeof listing->last - 1)
        return HR_ERR_S3_RESPONSE;
    return keep(listing->filled, object);
}

static void ask(tree_listing *listing) {
    assert(!listing->under_way && !listing->filled_ready);
    listing->under_way = true;
    listing->filled->count = listing->filled->next = listing->filled->text_size = 0;
    tree_pool_prepare(listing->pool, &listing->work, &listing->list.request);
    tree_pool_started(&listing->work, hr_s3_list_start(listing->client, &listing->list));
}

static void finish(struct tree_work *work) {
    tree_listing *listing = (void *)((char *)work - offsetof(struct tree_listing_s, work));
    const struct hr_request *request = &listing->list.request;
    listing->under_way = false;
    listing->filled_ready = true;
    listing->ended = request->result != 0 || !listing->list.truncated;
    if (!request->result) return;
    listing->error = request->error;
    if (!listing->error.code) listing->error.code = request->result;
}

static int show(tree_listing *listing, struct tree_entry *entry, struct hr_error *error) {
    struct page *page = listing->shown;
    const struct item *item = &page->items[page->next++];
    const char *key = page->text + item->key;
    struct hr_slice whole = hr_slice_bytes(key, item->key_size);
    if (listing->last_size &&
        tree_name_compare(hr_slice_bytes(listing->last, listing->last_size), whole) >= 0)
        return hr_error_set(error, HR_ERR_S3_RESPONSE,
                            "the store does not list keys in the order of their bytes");
    memcpy(listing->last, key, item->key_size);
    listing->last_size = item->key_size;
    *entry = (struct tree_entry){
        .name = hr_slice_bytes(key + listing->prefix_size, item->key_size - listing->prefix_size),
        .size_bytes = item->size_bytes,
        .time_s = item->time_s,
        .kind = key[item->key_size - 1] == '/' ? TREE_MARKER : TREE_FILE,
        .etag = hr_slice_bytes(key + item->key_size, item->etag_size),
        .folder_fd = -1};
    return 1;
}

static int next(struct tree_source *source, struct tree_entry *entry, struct hr_error *error) {
    tree_listing *listing = (tree_listing *)(void *)source;
    if (listing->shown->next < listing->shown->count) return show(listing, entry, error);
    if (listing->error.code) {
        *error = listing->error;
        return listing->error.code;
    }
    if (listing->under_way) return -EAGAIN;
    if (!listing->filled_ready && listing->ended) return 0;
    if (!listing->filled_ready) {
        ask(listing);
        return -EAGAIN;
    }
    struct page *page = listing->shown;
    listing->shown = listing->filled;
    listing->filled = page;
    listing->filled_ready = false;
    if (!listing->ended) ask(listing);
    return next(source, entry, error);
}

int tree_listing_open(const struct tree_listing_options *options, tree_listing **out) {
    tree_listing *listing = calloc(1, sizeof *listing);
    if (!listing) return -ENOMEM;
    listing->source.next = next;
    listing->client = options->client;
    listing->pool = options->pool;
    listing->prefix_size = strlen(options->prefix);
    listing->shown = &listing->pages[0];
    listing->filled = &listing->pages[1];
    listing->list.bucket = options->bucket;
    listing->list.prefix = *options->prefix ? options->prefix : NULL;
    listing->list.one_page = true;
    listing->list.request_payer = options->request_payer;
    listing->list.expected_owner = options->expected_owner;
    listing->list.on_object = on_object;
    listing->work.finish = finish;
    *out = listing;
    return 0;
}

struct tree_source *tree_listing_source(tree_listing *listing) {
    return &listing->source;
}

void tree_listing_close(tree_listing *listing) {
    if (!listing) return;
    assert(!listing->under_way);
    hr_s3_list_deinit(&listing->list);
    for (size_t i = 0; i < 2; i++) {
        free(listing->pages[i].items);
        free(listing->pages[i].text);
    }
    free(listing);
}
