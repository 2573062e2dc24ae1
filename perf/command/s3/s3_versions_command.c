/* headrace s3 versions: the versions and delete markers under a prefix. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <headrace/clock.h>

#include "commands.h"
#include "json_put.h"
#include "s3_foreign.h"
#include "s3_object_values.h"
#include "s3_place.h"
#include "s3_version_page.h"

struct values {
    struct s3_values common;
    struct s3_object_values object;
};

/* The totals over all pages. */
struct listing {
    struct session *session;
    struct s3_version_page page;
    struct hr_json_writer json;
    bool as_json;
    uint64_t count, bytes;
    char window[OUTPUT_WINDOW];
};

static void print_text(const struct s3_version_page *page, const struct s3_version_entry *entry) {
    char date[HR_DATE_ISO_SIZE] = "";
    if (entry->time_s) hr_date_iso(entry->time_s * 1000, date);
    printf("%24s ", date);
    if (entry->is_delete_marker)
        printf("%15s ", "DELETED");
    else
        printf("%15llu ", (unsigned long long)entry->size_bytes);
    printf("%c %s ", entry->is_latest ? '*' : ' ', s3_version_text(page, entry->id));
    output_bytes(hr_slice_bytes(s3_version_text(page, entry->key), entry->key_size));
    putchar('\n');
}

static void print_json(const struct s3_version_page *page, const struct s3_version_entry *entry,
                       struct hr_json_writer *json) {
    char date[HR_DATE_ISO_SIZE] = "";
    if (entry->time_s) hr_date_iso(entry->time_s * 1000, date);
    hr_json_object(json);
    json_put_string(json, "key",
                    hr_slice_bytes(s3_version_text(page, entry->key), entry->key_size));
    json_put_text(json, "version_id", s3_version_text(page, entry->id));
    json_put_bool(json, "is_latest", entry->is_latest);
    json_put_bool(json, "delete_marker", entry->is_delete_marker);
    json_put_text(json, "last_modified", date[0] ? date : NULL);
    if (!entry->is_delete_marker) {
        json_put_u64(json, "size_bytes", entry->size_bytes);
        json_put_text(json, "etag", s3_version_text(page, entry->etag));
        json_put_text(json, "storage_class", s3_version_text(page, entry->storage_class));
    }
    hr_json_end(json);
}

static void print_page(struct listing *listing) {
    const struct s3_version_page *page = &listing->page;
    for (size_t i = 0; i < page->count; i++) {
        if (listing->as_json)
            print_json(page, &page->entries[i], &listing->json);
        else
            print_text(page, &page->entries[i]);
        listing->bytes += page->entries[i].size_bytes;
    }
    listing->count += page->count;
}

static int list_all(struct listing *listing, struct hr_error *error) {
    struct s3_version_page *page = &listing->page;
    int result;
    do {
        result = s3_version_page_next(page, listing->session, error);
        if (!result) print_page(listing);
        /* Nobody reads any more: output_finish says so. */
    } while (!result && page->list.truncated && page->count > 0 && !ferror(stdout));
    if (!result && page->list.truncated && page->count == 0)
        result =
            hr_error_set(error, HR_ERR_S3_RESPONSE,
                         "the store's page of versions is empty, and says that there are more");
    if (!result && listing->count == 0 && page->list.prefix)
        result = hr_error_set(error, -ENOENT, "nothing is there: no key begins with '%s'",
                              page->list.prefix);
    return result;
}

static void finish_json(struct listing *listing, int result, const struct hr_error *error) {
    struct hr_json_writer *json = &listing->json;
    hr_json_end(json);
    json_put_u64(json, "count", listing->count);
    json_put_u64(json, "size_bytes", listing->bytes);
    json_put_bool(json, "complete", result == 0 || result == -ENOENT);
    session_report_end(listing->session, json, result, error);
}

static int run(const struct command_call *call) {
    static struct listing listing;
    const struct values *values = call->values;
    struct s3_place place;
    struct session session;
    int code = s3_place_open(call, S3_PLACE_ANY, &place, &session);
    if (code) return code;
    listing.session = &session;
    listing.as_json = values->common.json;
    listing.page.list.bucket = place.bucket;
    listing.page.list.prefix = place.key[0] ? place.key : NULL;
    listing.page.list.request_payer = values->object.request_payer;
    listing.page.list.expected_owner = values->object.expected_owner;
    struct hr_error error = {0};
    if (listing.as_json) s3_place_begin_json(&place, "versions", listing.window, &listing.json);
    int result = list_all(&listing, &error);
    if (listing.as_json) finish_json(&listing, result, &error);
    code = session_end(&session, result, &error, "s3 versions %s", call->arguments[0]);
    session_close(&session);
    s3_version_page_free(&listing.page);
    return code;
}

const struct command command_s3_versions = {
    .path = "s3 versions",
    .arguments = "s3://BUCKET[/PREFIX]",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "List the versions of objects, and delete markers",
    .details = "By key, the newest first; * marks the current one. Memory is that of a page.",
    .examples = "headrace s3 versions s3://photos/cat.jpg\n"
                "headrace s3 versions --json s3://photos\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", s3_table, 0},
               {"Object", s3_requester_table, offsetof(struct values, object)},
               CONNECTION_GROUPS},
    .foreign = s3_foreign_option,
    .run = run,
};
