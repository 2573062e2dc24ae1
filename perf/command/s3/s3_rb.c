/* headrace s3 rb: an empty bucket, or with --force whatever is in it. */
#include <stddef.h>
#include <string.h>

#include "commands.h"
#include "json_put.h"
#include "s3_foreign.h"
#include "s3_simple.h"
#include "s3_version_page.h"

struct values {
    struct s3_values common;
    bool force;
};

#define VALUE(field) offsetof(struct values, field)
static const struct option table[] = {
    {"force", NULL, OPTION_FLAG, VALUE(force), .of_call = true,
     .help = "Remove all objects in it first, with all their versions and delete markers"},
    {"json", NULL, OPTION_FLAG, VALUE(common.json), .help = "Print one JSON object"},
    {.name = NULL}};

/* A bucket on its way to being empty. */
struct emptying {
    struct session *session;
    struct output_progress progress;
    struct s3_version_page page;
    struct hr_s3_delete_many many; /* by which on_result finds all of it */
    uint64_t removed, failed;
    char first_failure[320]; /* of a key that stays: why */
};

/* On the reactor. */
static int on_result(struct hr_s3_delete_many *many, const struct hr_s3_deleted *deleted) {
    struct emptying *emptying = (void *)((char *)many - offsetof(struct emptying, many));
    if (deleted->code.size == 0 || emptying->first_failure[0]) return 0;
    snprintf(emptying->first_failure, sizeof emptying->first_failure, "'%.*s': %.*s (%.*s)",
             (int)(deleted->key.size < 128 ? deleted->key.size : 128), deleted->key.data,
             (int)(deleted->message.size < 100 ? deleted->message.size : 100),
             deleted->message.size ? deleted->message.data : "", (int)deleted->code.size,
             deleted->code.data);
    return 0;
}

/* One request for at most 1000 versions, from `first` on. */
static int remove_some(struct emptying *emptying, size_t first, size_t count,
                       struct hr_error *error) {
    struct hr_s3_delete_key keys[HR_S3_DELETE_KEYS_MAX];
    const struct s3_version_page *page = &emptying->page;
    struct hr_s3_delete_many *many = &emptying->many;
    for (size_t i = 0; i < count; i++) {
        const struct s3_version_entry *entry = &page->entries[first + i];
        const char *id = s3_version_text(page, entry->id);
        keys[i] =
            (struct hr_s3_delete_key){s3_version_text(page, entry->key), *id ? id : NULL, NULL};
    }
    memset(many, 0, sizeof *many);
    many->bucket = page->list.bucket;
    many->keys = keys;
    many->key_count = count;
    many->quiet = true;
    many->on_result = on_result;
    session_prepare(emptying->session, &many->request);
    int started = hr_s3_delete_many_start(emptying->session->client, many);
    int result = session_wait(emptying->session, &many->request, started, NULL, NULL, error);
    if (result) return result;
    emptying->failed += many->failed;
    emptying->removed += count - (many->failed < count ? many->failed : count);
    return 0;
}

static int remove_page(struct emptying *emptying, struct hr_error *error) {
    char text[64];
    int result = 0;
    for (size_t at = 0; at < emptying->page.count && !result;) {
        size_t left = emptying->page.count - at;
        size_t count = left < HR_S3_DELETE_KEYS_MAX ? left : HR_S3_DELETE_KEYS_MAX;
        result = remove_some(emptying, at, count, error);
        at += count;
        snprintf(text, sizeof text, "removed %llu", (unsigned long long)emptying->removed);
        output_progress_text(&emptying->progress, text);
    }
    return result;
}

/* The result; what a store refuses to remove is an error at the end. */
static int empty(struct emptying *emptying, struct hr_error *error) {
    int result;
    output_progress_begin(&emptying->progress);
    do {
        result = s3_version_page_next(&emptying->page, emptying->session, error);
        if (!result) result = remove_page(emptying, error);
    } while (!result && emptying->page.list.truncated && emptying->page.count > 0);
    output_progress_end(&emptying->progress);
    s3_version_page_free(&emptying->page);
    if (result || emptying->failed == 0) return result;
    return hr_error_set(error, HR_ERR_S3_SERVICE, "%llu in it could not be removed, first %s",
                        (unsigned long long)emptying->failed, emptying->first_failure);
}

static int remove_bucket(struct session *session, const struct s3_place *place,
                         struct hr_error *error) {
    struct hr_s3_bucket_delete del = {.bucket = place->bucket};
    session_prepare(session, &del.request);
    int started = hr_s3_bucket_delete_start(session->client, &del);
    return session_wait(session, &del.request, started, NULL, NULL, error);
}

static void print(const struct values *values, const char *uri, uint64_t versions) {
    struct hr_json_writer writer;
    char window[OUTPUT_WINDOW];
    if (!values->common.json) {
        s3_print_result(false, "removed", "removed", uri);
        if (values->force) printf("with %llu in it\n", (unsigned long long)versions);
        return;
    }
    output_json_init(&writer, window, stdout);
    hr_json_object(&writer);
    json_put_text(&writer, "removed", uri);
    if (values->force) json_put_u64(&writer, "versions", versions);
    hr_json_end(&writer);
    output_json_finish(&writer, stdout);
}

static int run(const struct command_call *call) {
    const struct values *values = call->values;
    const char *uri = call->arguments[0];
    struct s3_place place;
    struct session session;
    int code = s3_place_open(call, S3_PLACE_BUCKET, &place, &session);
    if (code) return code;
    struct emptying emptying;
    memset(&emptying, 0, sizeof emptying);
    emptying.session = &session;
    emptying.page.list.bucket = place.bucket;
    struct hr_error error = {0};
    int result = values->force ? empty(&emptying, &error) : 0;
    if (!result) result = remove_bucket(&session, &place, &error);
    if (!result) print(values, uri, emptying.removed);
    code = session_end(&session, result, &error, "s3 rb %s", uri);
    session_close(&session);
    return code;
}

const struct command command_s3_rb = {
    .path = "s3 rb",
    .arguments = "s3://BUCKET",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "Remove a bucket",
    .details = "The bucket has to be empty, or --force empties it: all objects, versions and "
               "delete markers are removed, 1000 a request, and nothing brings them back. What the "
               "store refuses to remove (retention, a legal hold) stays, and the bucket with it.",
    .examples = "headrace s3 rb s3://photos\n"
                "headrace s3 rb --force s3://photos\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0}, CONNECTION_GROUPS},
    .foreign = s3_foreign_option,
    .run = run,
};
