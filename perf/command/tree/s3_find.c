/* headrace s3 find and s3 du: objects under a prefix, by name, size and age, and their sum. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <headrace/clock.h>

#include "commands.h"
#include "json_put.h"
#include "s3_foreign.h"
#include "s3_object_values.h"
#include "tree_streams.h"

struct values {
    struct connection_options connection;
    struct s3_object_values object;
    struct option_list names;
    uint64_t larger, smaller, older_ms, newer_ms;
    bool json;
};

#define VALUE(field) offsetof(struct values, field)
static const struct option table[] = {
    {"name", "PATTERN", OPTION_LIST, VALUE(names), .of_call = true,
     .help = "Keys behind the prefix that match: * (also over /), ?, [a-z]; one of several"},
    {"larger", "SIZE", OPTION_SIZE, VALUE(larger), .of_call = true, .help = "Than this"},
    {"smaller", "SIZE", OPTION_SIZE, VALUE(smaller), .of_call = true, .help = "Than this"},
    {"older", "TIME", OPTION_DURATION, VALUE(older_ms), .of_call = true,
     .help = "Last changed longer ago: 30m, 12h, 7d"},
    {"newer", "TIME", OPTION_DURATION, VALUE(newer_ms), .of_call = true,
     .help = "Last changed less long ago"},
    {"json", NULL, OPTION_FLAG, VALUE(json),
     .help = "Print a JSON object a line: of each object, and of the summary"},
    {.name = NULL}};

static const struct option sum_table[] = {
    {"json", NULL, OPTION_FLAG, VALUE(json), .help = "Print one JSON object"}, {.name = NULL}};

struct search {
    struct tree_run run;
    const struct values *values;
    bool sum_only;
    uint64_t now_s, count, bytes;
};

static bool has_name(const struct values *values, struct hr_slice name) {
    for (size_t i = 0; i < values->names.count; i++)
        if (tree_match(hr_slice_of(values->names.items[i]), name)) return true;
    return values->names.count == 0;
}

static bool is_wanted(const struct search *search, const struct tree_entry *entry) {
    const struct values *values = search->values;
    uint64_t age_s = search->now_s > entry->time_s ? search->now_s - entry->time_s : 0;
    if (search->sum_only) return true;
    if (option_given("larger") && entry->size_bytes <= values->larger) return false;
    if (option_given("smaller") && entry->size_bytes >= values->smaller) return false;
    if (option_given("older") && age_s <= values->older_ms / 1000) return false;
    if (option_given("newer") && age_s >= values->newer_ms / 1000) return false;
    return has_name(values, entry->name);
}

static void print_json(const struct search *search, const struct tree_entry *entry) {
    struct hr_json_writer json;
    char window[OUTPUT_WINDOW], date[HR_DATE_ISO_SIZE], key[2 * 1028];
    const char *prefix = search->run.source.place.key;
    size_t size = strlen(prefix);
    memcpy(key, prefix, size);
    memcpy(key + size, entry->name.data, entry->name.size);
    hr_date_iso(entry->time_s * 1000, date);
    output_json_init(&json, window, stdout);
    hr_json_object(&json);
    json_put_string(&json, "key", hr_slice_bytes(key, size + entry->name.size));
    json_put_text(&json, "last_modified", date);
    json_put_u64(&json, "size_bytes", entry->size_bytes);
    json_put_string(&json, "etag", entry->etag);
    hr_json_end(&json);
    output_json_finish(&json, stdout);
}

static void visit(struct search *search, const struct tree_entry *entry) {
    const struct s3_place *place = &search->run.source.place;
    if (!is_wanted(search, entry)) return;
    search->count++;
    search->bytes += entry->size_bytes;
    if (search->sum_only) return;
    if (search->values->json) {
        print_json(search, entry);
        return;
    }
    printf("s3://%s/", place->bucket);
    output_bytes(hr_slice_of(place->key));
    output_bytes(entry->name);
    putchar('\n');
}

static void put_sum(struct search *search, bool complete) {
    struct hr_json_writer json;
    char window[OUTPUT_WINDOW];
    output_json_init(&json, window, stdout);
    hr_json_object(&json);
    json_put_text(&json, "bucket", search->run.source.place.bucket);
    json_put_text(&json, "prefix", search->run.source.place.key);
    json_put_u64(&json, "count", search->count);
    json_put_u64(&json, "size_bytes", search->bytes);
    json_put_bool(&json, "complete", complete);
    if (!complete) tree_report_put_broken(&search->run, &json);
    hr_json_end(&json);
    output_json_finish(&json, stdout);
}

static int end(struct search *search) {
    struct tree_run *run = &search->run;
    char size[OUTPUT_SIZE_TEXT];
    bool complete = !run->incomplete && !tree_run_stopped(run);
    if (search->values->json)
        put_sum(search, complete);
    else if (search->sum_only)
        printf("%llu bytes (%s) in %llu objects: s3://%s/%s\n", (unsigned long long)search->bytes,
               output_size(search->bytes, size), (unsigned long long)search->count,
               run->source.place.bucket, run->source.place.key);
    return tree_report_code(run, complete);
}

static int search_all(struct search *search) {
    struct tree_run *run = &search->run;
    struct tree_streams streams;
    struct tree_pair pair;
    struct hr_error error = {0};
    const struct tree_streams_options options = {.with_target = false};
    int code = tree_streams_open(run, &options, &streams);
    if (code) return code;
    /* Nobody reads any more: output_finish says so. */
    while (!ferror(stdout) && tree_streams_next(run, &streams, &pair)) {
        run->counts.found++;
        visit(search, pair.left);
    }
    tree_streams_close(run, &streams);
    if (!run->counts.found && *run->source.place.key && !run->incomplete &&
        !tree_run_stopped(run)) {
        hr_error_set(&error, -ENOENT, "nothing is there: no key begins with '%s'",
                     run->source.place.key);
        tree_report_broken(run, &run->source, &error);
    }
    return end(search);
}

static int run_search(const struct command_call *call, bool sum_only) {
    static const struct tree_values none;
    static struct search search; /* large */
    const struct values *values = call->values;
    struct session session;
    search.values = values;
    search.sum_only = sum_only;
    search.now_s = hr_clock_wall_ns() / 1000000000u;
    search.run.verb = call->command->path;
    search.run.json = values->json;
    search.run.request_payer = values->object.request_payer;
    search.run.expected_owner = values->object.expected_owner;
    int code = tree_end_read(call->arguments[0], values->connection.literal, &search.run.source);
    if (code) return code;
    if (!search.run.source.remote)
        return output_usage(call->command->path, "'%.200s' is no s3://BUCKET[/PREFIX]",
                            call->arguments[0]);
    code = session_open(&session, &values->connection, values->json);
    if (code) return code;
    code = tree_run_open(&search.run, &session, &none, 1);
    if (!code) code = search_all(&search);
    tree_run_close(&search.run);
    return code;
}

static int run_find(const struct command_call *call) {
    return run_search(call, false);
}

static int run_sum(const struct command_call *call) {
    return run_search(call, true);
}

const struct command command_s3_find = {
    .path = "s3 find",
    .arguments = "s3://BUCKET[/PREFIX]",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "Print objects under a prefix by name, size and age",
    .details = "PREFIX is a folder: a/b finds below a/b/. Conditions must all hold; memory is that "
               "of two pages of a listing.",
    .examples = "headrace s3 find --name '*.gz' --larger 1GiB s3://backups/db\n"
                "headrace s3 find --older 720h --json s3://logs\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0},
               {"Object", s3_requester_table, VALUE(object)},
               CONNECTION_GROUPS},
    .foreign = s3_foreign_option,
    .run = run_find,
};

const struct command command_s3_du = {
    .path = "s3 du",
    .arguments = "s3://BUCKET[/PREFIX]",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "Add up the sizes of the objects under a prefix",
    .details = "PREFIX is a folder: a/b counts what is below a/b/. Current versions count, the "
               "parts of uploads under way do not.",
    .examples = "headrace s3 du s3://backups\n"
                "headrace s3 du --json s3://backups/db\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", sum_table, 0},
               {"Object", s3_requester_table, VALUE(object)},
               CONNECTION_GROUPS},
    .foreign = s3_foreign_option,
    .run = run_sum,
};
