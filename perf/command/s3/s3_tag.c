/* headrace s3 tag: the tags of an object, shown, replaced, taken away. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "json_put.h"
#include "s3_foreign.h"
#include "s3_object_values.h"
#include "s3_simple.h"
#include "s3_tag_words.h"

struct values {
    struct s3_values common;
    struct s3_object_values object;
};

/* The tags that a store has told, copied: the reactor may not print. */
struct listing {
    struct hr_s3_tags_get get; /* first: its callback finds the rest by it */
    struct hr_s3_tag *tags;
    size_t count;
};

/* On the reactor. */
static int on_tag(struct hr_s3_tags_get *get, const struct hr_s3_tag *tag) {
    struct listing *listing = (struct listing *)(void *)get;
    struct hr_s3_tag *grown = realloc(listing->tags, (listing->count + 1) * sizeof *grown);
    if (!grown) return -ENOMEM;
    listing->tags = grown;
    struct hr_s3_tag copy = {strdup(tag->key), strdup(tag->value)};
    grown[listing->count++] = copy;
    return copy.key && copy.value ? 0 : -ENOMEM;
}

static void free_listing(struct listing *listing) {
    for (size_t i = 0; i < listing->count; i++) {
        free((void *)(uintptr_t)listing->tags[i].key);
        free((void *)(uintptr_t)listing->tags[i].value);
    }
    free(listing->tags);
}

static void print_text(const struct listing *listing) {
    for (size_t i = 0; i < listing->count; i++) {
        output_bytes(hr_slice_of(listing->tags[i].key));
        putchar('=');
        output_bytes(hr_slice_of(listing->tags[i].value));
        putchar('\n');
    }
}

static void print_json(const struct listing *listing) {
    struct hr_json_writer json;
    char window[OUTPUT_WINDOW];
    output_json_init(&json, window, stdout);
    hr_json_object(&json);
    json_put_object(&json, "tags");
    for (size_t i = 0; i < listing->count; i++)
        json_put_text(&json, listing->tags[i].key, listing->tags[i].value);
    hr_json_end(&json);
    hr_json_end(&json);
    output_json_finish(&json, stdout);
}

/* ---- The three verbs. The result of the request. */

struct asking {
    const struct values *values;
    struct session *session;
    const struct s3_place *place;
    const struct s3_tags *tags;
    const char *uri;
};

static int get_tags(const struct asking *asking, struct hr_error *error) {
    const struct s3_object_values *object = &asking->values->object;
    struct listing listing = {.get = {.bucket = asking->place->bucket,
                                      .key = asking->place->key,
                                      .version_id = object->version_id,
                                      .request_payer = object->request_payer,
                                      .expected_owner = object->expected_owner,
                                      .on_tag = on_tag}};
    session_prepare(asking->session, &listing.get.request);
    int started = hr_s3_tags_get_start(asking->session->client, &listing.get);
    int result = session_wait(asking->session, &listing.get.request, started, NULL, NULL, error);
    if (!result) (asking->values->common.json ? print_json : print_text)(&listing);
    free_listing(&listing);
    return result;
}

static int put_tags(const struct asking *asking, struct hr_error *error) {
    const struct s3_object_values *object = &asking->values->object;
    struct hr_s3_tags_put put = {.bucket = asking->place->bucket,
                                 .key = asking->place->key,
                                 .version_id = object->version_id,
                                 .tags = asking->tags->items,
                                 .tag_count = asking->tags->count,
                                 .request_payer = object->request_payer,
                                 .expected_owner = object->expected_owner};
    session_prepare(asking->session, &put.request);
    int started = hr_s3_tags_put_start(asking->session->client, &put);
    int result = session_wait(asking->session, &put.request, started, NULL, NULL, error);
    if (!result) s3_print_result(asking->values->common.json, "tagged", "tagged", asking->uri);
    return result;
}

static int remove_tags(const struct asking *asking, struct hr_error *error) {
    const struct s3_object_values *object = &asking->values->object;
    struct hr_s3_tags_delete del = {.bucket = asking->place->bucket,
                                    .key = asking->place->key,
                                    .version_id = object->version_id,
                                    .expected_owner = object->expected_owner};
    session_prepare(asking->session, &del.request);
    int started = hr_s3_tags_delete_start(asking->session->client, &del);
    int result = session_wait(asking->session, &del.request, started, NULL, NULL, error);
    if (!result) s3_print_result(asking->values->common.json, "untagged", "untagged", asking->uri);
    return result;
}

/* ---- The command. */

static const struct verb {
    const char *name;
    bool with_tags;
    int (*ask)(const struct asking *asking, struct hr_error *error);
} verbs[] = {{"get", false, get_tags}, {"put", true, put_tags}, {"rm", false, remove_tags}};

/* NULL after a complaint. */
static const struct verb *verb_of(const struct command_call *call) {
    const char *name = call->arguments[0];
    bool tags = call->argument_count > 2;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(name, verbs[i].name) != 0) continue;
        if (tags == verbs[i].with_tags) return &verbs[i];
        output_usage("s3 tag",
                     tags ? "%s takes no KEY=VALUE"
                          : "%s wants KEY=VALUE; rm takes all "
                            "tags away",
                     name);
        return NULL;
    }
    output_usage("s3 tag", "'%.30s' is none of get, put and rm", name);
    return NULL;
}

static int open_place(const struct command_call *call, struct s3_place *place,
                      struct session *session) {
    const struct values *values = call->values;
    bool literal = values->common.connection.literal;
    int code = s3_place_read(call->arguments[1], S3_PLACE_OBJECT, literal, place);
    return code ? code : session_open(session, &values->common.connection, values->common.json);
}

static int run(const struct command_call *call) {
    const struct verb *verb = verb_of(call);
    struct s3_tags tags;
    struct s3_place place;
    struct session session;
    if (!verb) return EXIT_USAGE;
    int code = s3_tags_read("s3 tag put", call->arguments + 2, call->argument_count - 2, &tags);
    if (code) return code;
    code = open_place(call, &place, &session);
    if (!code) {
        struct hr_error error = {0};
        const struct asking asking = {call->values, &session, &place, &tags, call->arguments[1]};
        int result = verb->ask(&asking, &error);
        code = session_end(&session, result, &error, "s3 tag %s %s", verb->name, asking.uri);
        session_close(&session);
    }
    s3_tags_free(&tags);
    return code;
}

const struct command command_s3_tag = {
    .path = "s3 tag",
    .arguments = "get|put|rm s3://BUCKET/KEY [KEY=VALUE...]",
    .arguments_min = 2,
    .arguments_max = 2 + HR_S3_TAGS_MAX,
    .summary = "Show, replace or take away an object's tags",
    .details = "put replaces all tags by those that are given, up to 10; nothing in them is "
               "decoded, and '&' parts two. get prints KEY=VALUE lines, with --json {\"tags\"}.",
    .examples = "headrace s3 tag get s3://photos/cat.jpg\n"
                "headrace s3 tag put s3://photos/cat.jpg team=blue year=2026\n"
                "headrace s3 tag rm s3://photos/cat.jpg\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", s3_table, 0},
               {"Object", s3_version_table, offsetof(struct values, object)},
               CONNECTION_GROUPS},
    .foreign = s3_foreign_option,
    .run = run,
};
