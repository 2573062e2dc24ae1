/* headrace s3 ls: the buckets, or the objects under a prefix. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/clock.h>

#include "commands.h"
#include "json_put.h"
#include "s3_foreign.h"
#include "s3_place.h"
#include "session.h"

struct values {
    struct connection_options connection;
    bool recursive;
    bool json;
};

#define VALUE(field) offsetof(struct values, field)
static const struct option table[] = {
    {"recursive", NULL, OPTION_FLAG, VALUE(recursive),
     .help = "All objects under the prefix, not only up to the next /"},
    {"json", NULL, OPTION_FLAG, VALUE(json), .help = "Print one JSON object"},
    {.name = NULL}};

/* Standard output may block, the reactor must not: a page is kept, and printed when it is whole.
 * So memory is that of one page, however many objects there are. */
struct entry {
    uint64_t size_bytes, time_s;
    size_t key, key_size, etag_size, class_size; /* in `text`, one behind the other */
    bool is_prefix;
};

struct page {
    union {
        struct hr_s3_list list;
        struct hr_s3_bucket_list buckets;
    } request;
    struct entry *entries;
    size_t count, capacity;
    char *text;
    size_t text_size, text_capacity;
};

static int grow(void **memory, size_t *capacity, size_t needed, size_t element) {
    if (needed <= *capacity) return 0;
    size_t larger = needed * 2;
    void *grown = realloc(*memory, larger * element);
    if (!grown) return -ENOMEM;
    *memory = grown;
    *capacity = larger;
    return 0;
}

static void append(struct page *page, struct hr_slice bytes) {
    if (bytes.size) memcpy(page->text + page->text_size, bytes.data, bytes.size);
    page->text_size += bytes.size;
}

static int keep_entry(struct page *page, const struct hr_s3_object *object) {
    size_t text = object->key.size + object->etag.size + object->storage_class.size;
    void *entries = page->entries, *bytes = page->text;
    int err = grow(&entries, &page->capacity, page->count + 1, sizeof *page->entries);
    page->entries = entries;
    if (!err) err = grow(&bytes, &page->text_capacity, page->text_size + text, 1);
    page->text = bytes;
    if (err) return err;
    page->entries[page->count++] = (struct entry){
        .size_bytes = object->size_bytes,
        .time_s = object->last_modified_s,
        .key = page->text_size,
        .key_size = object->key.size,
        .etag_size = object->etag.size,
        .class_size = object->storage_class.size,
        .is_prefix = object->is_prefix,
    };
    append(page, object->key);
    append(page, object->etag);
    append(page, object->storage_class);
    return 0;
}

/* On the reactor. */
static int on_object(struct hr_s3_list *list, const struct hr_s3_object *object) {
    return keep_entry((struct page *)(void *)list, object);
}

static int on_bucket(struct hr_s3_bucket_list *list, const struct hr_s3_bucket *bucket) {
    struct hr_s3_object object = {.key = bucket->name, .last_modified_s = bucket->created_s};
    return keep_entry((struct page *)(void *)list, &object);
}

static void print_entry_text(const struct page *page, const struct entry *entry, bool bucket) {
    char date[HR_DATE_ISO_SIZE] = "";
    if (entry->time_s) hr_date_iso(entry->time_s * 1000, date);
    if (entry->is_prefix)
        printf("%24s %15s ", "", "PRE");
    else if (bucket)
        printf("%24s s3://", date);
    else
        printf("%24s %15llu ", date, (unsigned long long)entry->size_bytes);
    output_bytes(hr_slice_bytes(page->text + entry->key, entry->key_size));
    putchar('\n');
}

static void print_entry_json(const struct page *page, const struct entry *entry, bool bucket,
                             struct hr_json_writer *json) {
    const char *text = page->text + entry->key;
    char date[HR_DATE_ISO_SIZE] = "";
    if (entry->time_s) hr_date_iso(entry->time_s * 1000, date);
    hr_json_object(json);
    json_put_string(json,
                    bucket             ? "name"
                    : entry->is_prefix ? "prefix"
                                       : "key",
                    hr_slice_bytes(text, entry->key_size));
    if (!entry->is_prefix) {
        json_put_text(json, bucket ? "created" : "last_modified", date[0] ? date : NULL);
    }
    if (!entry->is_prefix && !bucket) {
        json_put_u64(json, "size_bytes", entry->size_bytes);
        json_put_string(json, "etag", hr_slice_bytes(text + entry->key_size, entry->etag_size));
        json_put_string(
            json, "storage_class",
            hr_slice_bytes(text + entry->key_size + entry->etag_size, entry->class_size));
    }
    hr_json_end(json);
}

/* The totals over all pages. */
struct listing {
    struct session *session;
    struct hr_json_writer json;
    bool as_json, of_buckets;
    uint64_t entries, bytes;
    char window[OUTPUT_WINDOW];
};

static void print_page(struct listing *listing, struct page *page) {
    for (size_t i = 0; i < page->count; i++) {
        const struct entry *entry = &page->entries[i];
        if (listing->as_json)
            print_entry_json(page, entry, listing->of_buckets, &listing->json);
        else
            print_entry_text(page, entry, listing->of_buckets);
        listing->bytes += entry->size_bytes;
    }
    listing->entries += page->count;
    page->count = page->text_size = 0;
}

static int list_buckets(struct listing *listing, struct page *page, struct hr_error *error) {
    struct hr_s3_bucket_list *buckets = &page->request.buckets;
    buckets->on_bucket = on_bucket;
    session_prepare(listing->session, &buckets->request);
    int started = hr_s3_bucket_list_start(listing->session->client, buckets);
    int result = session_wait(listing->session, &buckets->request, started, NULL, NULL, error);
    if (!result) print_page(listing, page);
    return result;
}

static int list_objects(struct listing *listing, struct page *page, const struct s3_place *place,
                        bool recursive, struct hr_error *error) {
    struct hr_s3_list *list = &page->request.list;
    list->bucket = place->bucket;
    list->prefix = place->key[0] ? place->key : NULL;
    list->delimiter = recursive ? NULL : "/";
    list->one_page = true;
    list->on_object = on_object;
    session_prepare(listing->session, &list->request);
    int result;
    do {
        page->count = page->text_size = 0;
        int started = hr_s3_list_start(listing->session->client, list);
        result = session_wait(listing->session, &list->request, started, NULL, NULL, error);
        if (!result) print_page(listing, page);
        /* Nobody reads any more: output_finish says so. */
    } while (!result && list->truncated && !ferror(stdout));
    hr_s3_list_deinit(list);
    return result;
}

static void finish_json(struct listing *listing, bool complete, int result,
                        const struct hr_error *error) {
    struct hr_json_writer *json = &listing->json;
    hr_json_end(json);
    json_put_u64(json, "count", listing->entries);
    if (!listing->of_buckets) {
        json_put_u64(json, "size_bytes", listing->bytes);
    }
    json_put_bool(json, "complete", complete);
    session_report_end(listing->session, json, result, error);
}

static int run(const struct command_call *call) {
    static struct listing listing;
    const struct values *values = call->values;
    const char *uri = call->argument_count ? call->arguments[0] : "s3://";
    struct s3_place place = {.bucket = ""};
    struct session session;
    listing.of_buckets = strcmp(uri, "s3://") == 0;
    int code = listing.of_buckets
                   ? EXIT_DONE
                   : s3_place_read(uri, S3_PLACE_ANY, values->connection.literal, &place);
    if (!code) code = session_open(&session, &values->connection, values->json);
    if (code) return code;
    struct page page;
    memset(&page, 0, sizeof page);
    struct hr_error error = {0};
    listing.session = &session;
    listing.as_json = values->json;
    if (values->json) {
        output_json_init(&listing.json, listing.window, stdout);
        hr_json_object(&listing.json);
        if (!listing.of_buckets) {
            json_put_text(&listing.json, "bucket", place.bucket);
            json_put_text(&listing.json, "prefix", place.key);
        }
        json_put_array(&listing.json, listing.of_buckets ? "buckets" : "entries");
    }
    int result = listing.of_buckets
                     ? list_buckets(&listing, &page, &error)
                     : list_objects(&listing, &page, &place, values->recursive, &error);
    bool complete = result == 0;
    if (complete && listing.entries == 0 && place.key[0])
        result =
            hr_error_set(&error, -ENOENT, "nothing is there: no key begins with '%s'", place.key);
    if (values->json) finish_json(&listing, complete, result, &error);
    code = session_end(&session, result, &error, "s3 ls %s", uri);
    session_close(&session);
    free(page.entries);
    free(page.text);
    return code;
}

const struct command command_s3_ls = {
    .path = "s3 ls",
    .arguments = "[s3://BUCKET[/PREFIX]]",
    .arguments_max = 1,
    .summary = "List the buckets, or the objects under a prefix",
    .details =
        "Without an argument it lists the buckets. Times are UTC, sizes bytes. A prefix that no "
        "key has is a failure (exit code 1), an empty bucket is not.",
    .examples = "headrace s3 ls\n"
                "headrace s3 ls s3://photos/2026/\n"
                "headrace s3 ls --recursive --json s3://photos\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0}, CONNECTION_GROUPS},
    .foreign = s3_foreign_option,
    .run = run,
};
