/* headrace s3 rm: one object, or one version of it. */
#include <stddef.h>

#include "commands.h"
#include "json_put.h"
#include "s3_foreign.h"
#include "s3_object_values.h"
#include "s3_simple.h"
#include "tree_purge.h"

struct values {
    struct s3_values common;
    struct s3_object_values object;
    struct tree_values tree;
    bool recursive, bypass_governance;
};

#define VALUE(field) offsetof(struct values, field)
static const struct option table[] = {
    {"bypass-governance", NULL, OPTION_FLAG, VALUE(bypass_governance), .of_call = true,
     .aliases = "bypass-governance-retention",
     .help = "Remove a version that is kept under GOVERNANCE retention, too"},
    {"recursive", NULL, OPTION_FLAG, VALUE(recursive), .short_name = 'r', .of_call = true,
     .help = "All objects below the prefix, 1000 a request"},
    {"json", NULL, OPTION_FLAG, VALUE(common.json),
     .help = "Print one JSON object; with --recursive one a line"},
    {.name = NULL}};

static void print_json(const char *uri, const struct hr_s3_delete *del) {
    struct hr_json_writer writer;
    char window[OUTPUT_WINDOW];
    output_json_init(&writer, window, stdout);
    hr_json_object(&writer);
    json_put_text(&writer, "removed", uri);
    json_put_text(&writer, "version_id", *del->deleted_version_id ? del->deleted_version_id : NULL);
    json_put_bool(&writer, "delete_marker", del->delete_marker);
    hr_json_end(&writer);
    output_json_finish(&writer, stdout);
}

static void print(const struct values *values, const char *uri, const struct hr_s3_delete *del) {
    if (values->common.json)
        print_json(uri, del);
    else
        s3_print_result(false, "removed", "removed", uri);
}

static int run_recursive(const struct command_call *call) {
    const struct values *values = call->values;
    if (values->object.version_id || values->object.if_match)
        return output_usage("s3 rm", "--version-id and --if-match are of one object");
    const struct tree_purge purge = {.from = call->arguments[0],
                                     .connection = &values->common.connection,
                                     .object = &values->object,
                                     .values = &values->tree,
                                     .bypass_governance = values->bypass_governance,
                                     .json = values->common.json};
    return tree_purge_run(&purge);
}

/* An option of trees without --recursive; NULL: there is none. */
static const char *tree_option_given(void) {
    for (const struct option *option = tree_table; option->name; option++)
        if (option_in_words(option)) return option->name;
    return NULL;
}

static int run(const struct command_call *call) {
    const struct values *values = call->values;
    const char *uri = call->arguments[0], *of_trees = tree_option_given();
    struct s3_place place;
    struct session session;
    if (values->recursive) return run_recursive(call);
    if (of_trees) return output_usage("s3 rm", "--%s needs --recursive", of_trees);
    int code = s3_place_open(call, S3_PLACE_REMOVAL, &place, &session);
    if (code) return code;
    struct hr_s3_delete del = {.bucket = place.bucket,
                               .key = place.key,
                               .version_id = values->object.version_id,
                               .if_match = values->object.if_match,
                               .bypass_governance = values->bypass_governance,
                               .request_payer = values->object.request_payer,
                               .expected_owner = values->object.expected_owner};
    struct hr_error error = {0};
    session_prepare(&session, &del.request);
    int started = hr_s3_delete_start(session.client, &del);
    int result = session_wait(&session, &del.request, started, NULL, NULL, &error);
    if (!result) print(values, uri, &del);
    code = session_end(&session, result, &error, "s3 rm %s", uri);
    session_close(&session);
    return code;
}

const struct command command_s3_rm = {
    .path = "s3 rm",
    .arguments = "s3://BUCKET/KEY",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "Remove one object, or all below a prefix",
    .details = "As S3 does, it succeeds too when there is no such object. Where the bucket keeps "
               "versions, a delete marker comes in its place, unless --version-id names one. "
               "With --recursive KEY is a folder: a/b removes what is below a/b/.",
    .examples = "headrace s3 rm s3://photos/cat.jpg\n"
                "headrace s3 rm --version-id 3sL4kqtJ s3://photos/cat.jpg\n"
                "headrace s3 rm --recursive --dry-run s3://photos/2025\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0},
               {"Object", s3_remove_table, VALUE(object)},
               {"Tree, with --recursive", tree_table, VALUE(tree)},
               CONNECTION_GROUPS},
    .foreign = s3_foreign_option,
    .run = run,
};
