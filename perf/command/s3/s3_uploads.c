/* headrace s3 uploads: multipart uploads that are under way or were left behind, and their end. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <headrace/clock.h>

#include "commands.h"
#include "json_put.h"
#include "s3_foreign.h"
#include "s3_object_values.h"
#include "s3_place.h"

#define PAGE_MAX 256 /* uploads that are kept until they are told */

struct values {
    struct s3_values common;
    struct s3_object_values object;
    uint64_t abort_older_ms;
};

#define VALUE(field) offsetof(struct values, field)
static const struct option table[] = {
    {"abort-older", "DURATION", OPTION_DURATION, VALUE(abort_older_ms), .of_call = true,
     .max = UINT64_C(315360000000),
     .help = "Abort those that began so long ago, 7d or 12h: their parts are deleted; 0s: all"},
    {"json", NULL, OPTION_FLAG, VALUE(common.json), .help = "Print one JSON object"},
    {.name = NULL}};

struct entry {
    char key[1025], upload_id[HR_S3_UPLOAD_ID_MAX + 1], storage_class[64];
    size_t key_size;
    uint64_t initiated_s;
};

struct listing {
    struct hr_s3_upload_list list; /* first: its callback finds the listing by it */
    const struct values *values;
    struct session *session;
    struct hr_json_writer json;
    struct entry entries[PAGE_MAX];
    size_t entry_count;
    bool more; /* the page is full */
    char key_after[1025], upload_id_after[HR_S3_UPLOAD_ID_MAX + 1];
    uint64_t now_s, count, aborted;
    char window[OUTPUT_WINDOW];
};

/* ---- A page. */

static bool keep(char *out, size_t capacity, struct hr_slice text) {
    if (text.size >= capacity) return false;
    if (text.size) memcpy(out, text.data, text.size);
    out[text.size] = '\0';
    return true;
}

/* On the reactor. A full page ends the request, and the next one goes on behind it. */
static int on_upload(struct hr_s3_upload_list *list, const struct hr_s3_upload_info *upload) {
    struct listing *listing = (struct listing *)(void *)list;
    if (listing->entry_count == PAGE_MAX) {
        listing->more = true;
        return -ENOBUFS;
    }
    struct entry *entry = &listing->entries[listing->entry_count];
    if (!keep(entry->key, sizeof entry->key, upload->key) ||
        !keep(entry->upload_id, sizeof entry->upload_id, upload->upload_id) ||
        !keep(entry->storage_class, sizeof entry->storage_class, upload->storage_class))
        return HR_ERR_S3_RESPONSE;
    entry->key_size = upload->key.size;
    entry->initiated_s = upload->initiated_s;
    listing->entry_count++;
    return 0;
}

static int read_page(struct listing *listing, struct hr_error *error) {
    listing->entry_count = 0;
    listing->more = false;
    session_prepare(listing->session, &listing->list.request);
    int started = hr_s3_upload_list_start(listing->session->client, &listing->list);
    int result = session_wait(listing->session, &listing->list.request, started, NULL, NULL, error);
    if (!listing->more) return result;
    const struct entry *last = &listing->entries[PAGE_MAX - 1];
    memcpy(listing->key_after, last->key, sizeof listing->key_after);
    memcpy(listing->upload_id_after, last->upload_id, sizeof listing->upload_id_after);
    listing->list.key_after = listing->key_after;
    listing->list.upload_id_after = listing->upload_id_after;
    return 0;
}

/* ---- An upload. */

static bool is_old(const struct listing *listing, const struct entry *entry) {
    uint64_t age_s = listing->values->abort_older_ms / 1000;
    return option_given("abort-older") && entry->initiated_s + age_s <= listing->now_s;
}

/* An upload that is gone meanwhile is as good as aborted. */
static int abort_one(struct listing *listing, const struct entry *entry, struct hr_error *error) {
    struct hr_s3_upload_abort gone = {.bucket = listing->list.bucket,
                                      .key = entry->key,
                                      .upload_id = entry->upload_id,
                                      .request_payer = listing->list.request_payer,
                                      .expected_owner = listing->list.expected_owner};
    session_prepare(listing->session, &gone.request);
    int started = hr_s3_upload_abort_start(listing->session->client, &gone);
    int result = session_wait(listing->session, &gone.request, started, NULL, NULL, error);
    if (result && strcmp(error->service_code, "NoSuchUpload") == 0) result = 0;
    if (!result) listing->aborted++;
    return result;
}

static void print_text(const struct entry *entry, bool aborted) {
    char date[HR_DATE_ISO_SIZE] = "";
    if (entry->initiated_s) hr_date_iso(entry->initiated_s * 1000, date);
    printf("%24s %s %s ", date, entry->upload_id, aborted ? "aborted" : "-");
    output_bytes(hr_slice_bytes(entry->key, entry->key_size));
    putchar('\n');
}

static void print_json(struct hr_json_writer *json, const struct entry *entry, bool aborted) {
    char date[HR_DATE_ISO_SIZE] = "";
    if (entry->initiated_s) hr_date_iso(entry->initiated_s * 1000, date);
    hr_json_object(json);
    json_put_string(json, "key", hr_slice_bytes(entry->key, entry->key_size));
    json_put_text(json, "upload_id", entry->upload_id);
    json_put_text(json, "initiated", date[0] ? date : NULL);
    json_put_text(json, "storage_class", entry->storage_class);
    json_put_bool(json, "aborted", aborted);
    hr_json_end(json);
}

static int tell_page(struct listing *listing, struct hr_error *error) {
    int result = 0;
    for (size_t i = 0; i < listing->entry_count && !result; i++) {
        const struct entry *entry = &listing->entries[i];
        bool old = is_old(listing, entry);
        if (old) result = abort_one(listing, entry, error);
        if (listing->values->common.json)
            print_json(&listing->json, entry, old && !result);
        else
            print_text(entry, old && !result);
        listing->count++;
    }
    return result;
}

/* ---- All of them. */

static int tell_all(struct listing *listing, struct hr_error *error) {
    int result;
    do {
        result = read_page(listing, error);
        if (!result) result = tell_page(listing, error);
    } while (!result && listing->more && !ferror(stdout));
    return result;
}

static void finish_json(struct listing *listing, int result, const struct hr_error *error) {
    struct hr_json_writer *json = &listing->json;
    hr_json_end(json);
    json_put_u64(json, "count", listing->count);
    json_put_u64(json, "aborted", listing->aborted);
    json_put_bool(json, "complete", result == 0);
    session_report_end(listing->session, json, result, error);
}

static int run(const struct command_call *call) {
    static struct listing listing;
    const struct values *values = call->values;
    struct s3_place place;
    struct session session;
    int code = s3_place_open(call, S3_PLACE_ANY, &place, &session);
    if (code) return code;
    listing.values = values;
    listing.session = &session;
    listing.now_s = hr_clock_wall_ns() / 1000000000u;
    listing.list.bucket = place.bucket;
    listing.list.prefix = place.key[0] ? place.key : NULL;
    listing.list.request_payer = values->object.request_payer;
    listing.list.expected_owner = values->object.expected_owner;
    listing.list.on_upload = on_upload;
    struct hr_error error = {0};
    if (values->common.json) s3_place_begin_json(&place, "uploads", listing.window, &listing.json);
    int result = tell_all(&listing, &error);
    if (values->common.json) finish_json(&listing, result, &error);
    code = session_end(&session, result, &error, "s3 uploads %s", call->arguments[0]);
    session_close(&session);
    return code;
}

const struct command command_s3_uploads = {
    .path = "s3 uploads",
    .arguments = "s3://BUCKET[/PREFIX]",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "List multipart uploads that are under way, and abort those left behind",
    .details =
        "An upload whose client has died keeps its parts, and costs what they cost, until it "
        "is completed or aborted. Memory is that of 256 entries.",
    .examples = "headrace s3 uploads s3://backups\n"
                "headrace s3 uploads --abort-older 1d s3://backups/db/\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0},
               {"Object", s3_requester_table, offsetof(struct values, object)},
               CONNECTION_GROUPS},
    .foreign = s3_foreign_option,
    .run = run,
};
