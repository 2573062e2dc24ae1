/* headrace s3 cp: one object, from or to a file or a pipe, or from store to store. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "commands.h"
#include "s3_cp.h"
#include "s3_foreign.h"
#include "shown.h"
#include "tree_sync.h"

#define VALUE(field) offsetof(struct s3_cp_values, field)
static const struct option table[] = {
    {"part-size", "SIZE", OPTION_SIZE, VALUE(part_size), .min = HR_S3_PART_SIZE_MIN,
     .max = HR_S3_PART_SIZE_MAX,
     .help = "Of parts and ranges (default 8MiB, or more where 10,000 of them would not do)"},
    {"concurrency", "N", OPTION_UINT, VALUE(concurrency), .min = 1,
     .max = HR_S3_TRANSFER_PARALLEL_MAX,
     .help = "Parts or ranges at once (default 8); objects at once with --recursive (default 64)"},
    {"journal", "DIR", OPTION_STRING, VALUE(journal.folder),
     .help = "Where it is noted how far a large file is, so that the same command goes on behind a "
             "kill (default $XDG_STATE_HOME/headrace/transfers, else ~/.local/state/…)"},
    {"no-journal", NULL, OPTION_FLAG, VALUE(journal.none), .help = "Note it nowhere"},
    {"recursive", NULL, OPTION_FLAG, VALUE(recursive), .short_name = 'r', .of_call = true,
     .help = "All objects below a prefix, or files below a folder"},
    {"json", NULL, OPTION_FLAG, VALUE(json),
     .help = "Print one JSON object; with --recursive one a line"},
    {.name = NULL}};

static const struct option between_table[] = {
    {"multipart-threshold", "SIZE", OPTION_SIZE, VALUE(multipart_threshold), .min = 1,
     .max = HR_S3_COPY_WHOLE_MAX,
     .help = "A larger object is copied in parts (default 5GiB, the most of one CopyObject)"},
    {"replace-metadata", NULL, OPTION_FLAG, VALUE(replace_metadata), .of_call = true,
     .help = "Type, content fields and metadata are those of the command line, and none of the "
             "source's"},
    {"sse-c-copy-source", "PLACE", OPTION_STRING, VALUE(source_key), .check = s3_customer_key_check,
     .aliases = "sse-c-copy-source-key",
     .help = "SSE-C: the key that the source is stored with, as of --sse-c"},
    {.name = NULL}};

/* An option that has no effect in this direction is refused. */
static int refuse_given(const struct option *options, const char *name, const char *why) {
    for (const struct option *option = options; option->name; option++) {
        if ((name && strcmp(option->name, name) != 0) || !option_in_words(option)) continue;
        return output_usage("s3 cp", "--%s %s", option->name, why);
    }
    return EXIT_DONE;
}

static int check_between(void) {
    static const char *const of_uploads[] = {"payload", "spool-max"};
    int code = EXIT_DONE;
    for (size_t i = 0; i < 2 && !code; i++)
        code = refuse_given(s3_upload_table, of_uploads[i],
                            "is of uploads, and this is a copy inside the store");
    return code;
}

static int check_direction(bool from_s3) {
    int code = refuse_given(between_table, NULL,
                            "is of copies from store to store, and one side of this is no object");
    if (code) return code;
    if (from_s3)
        return refuse_given(s3_upload_table, NULL, "is of uploads, and this is a download");
    return refuse_given(s3_object_table, "version-id", "is of downloads, and this is an upload");
}

/* Options of one object have no meaning for many. */
static int check_recursive(const struct s3_cp_values *values, bool to_s3) {
    static const char *const single[] = {"version-id", "if-match", "if-none-match"};
    int code = EXIT_DONE;
    if (!to_s3) code = refuse_given(s3_upload_table, NULL, "is of uploads, and this is none");
    for (size_t i = 0; i < sizeof single / sizeof *single && !code; i++)
        code = refuse_given(s3_object_table, single[i], "is of one object, and these are many");
    if (!code && values->upload.exact_key)
        code = output_usage("s3 cp", "--exact-key is of one object, and these are many");
    return code;
}

static int run_recursive(const struct command_call *call) {
    const struct s3_cp_values *values = call->values;
    int code = check_recursive(values, s3_place_is(call->arguments[1]));
    const struct tree_sync sync = {.verb = "s3 cp",
                                   .from = call->arguments[0],
                                   .to = call->arguments[1],
                                   .connection = &values->connection,
                                   .object = &values->object,
                                   .upload = &values->upload,
                                   .values = &values->tree,
                                   .part_size = values->part_size,
                                   .concurrency = values->concurrency,
                                   .json = values->json};
    return code ? code : tree_sync_run(&sync);
}

static int copy_between(const struct s3_cp_values *values, const char *from, const char *to) {
    int code = check_between();
    return code ? code : s3_between(values, from, to);
}

static int run(const struct command_call *call) {
    const struct s3_cp_values *values = call->values;
    const char *from = call->arguments[0], *to = call->arguments[1];
    bool from_s3 = s3_place_is(from), to_s3 = s3_place_is(to);
    if (values->recursive) return run_recursive(call);
    int refused = refuse_given(tree_table, NULL, "needs --recursive");
    if (refused) return refused;
    if (!from_s3 && !to_s3) {
        output_complain("s3 cp: one of '%s' and '%s' must be an object: %s", shown_argument(from),
                        shown_argument(to), hr_error_text(HR_ERR_S3_URI_SCHEME));
        return EXIT_USAGE;
    }
    if (from_s3 && strcmp(to, "-") == 0 && values->json) {
        output_json_reported(); /* what standard output is for is not clear */
        output_complain("s3 cp: --json and '-' would both write to standard output");
        return EXIT_USAGE;
    }
    if (!*from || !*to) {
        output_complain("s3 cp: %s is empty", *from ? "TARGET" : "SOURCE");
        return EXIT_USAGE;
    }
    if (from_s3 && to_s3) return copy_between(values, from, to);
    struct s3_place place;
    struct session session;
    int code = check_direction(from_s3);
    if (code) return code;
    code = from_s3 ? s3_place_read(from, S3_PLACE_OBJECT, values->connection.literal, &place)
                   : s3_upload_place(values, from, to, &place);
    if (!code) code = session_open(&session, &values->connection, values->json);
    if (code) return code;
    code = from_s3 ? s3_download(values, &session, from, &place, to)
                   : s3_upload(values, &session, from, &place);
    session_close(&session);
    return code;
}

const struct command command_s3_cp = {
    .path = "s3 cp",
    .arguments = "SOURCE TARGET",
    .arguments_min = 2,
    .arguments_max = 2,
    .summary = "Copy one object from or to a file or a pipe, or inside the store, or many",
    .details =
        "One of SOURCE and TARGET is s3://BUCKET/KEY, the other too, or a file, or - for standard "
        "input or output. A key that is empty or ends in / gets the file's name added. Large "
        "ones go in parts beside each other. From store to store no byte comes here; type, "
        "metadata and tags stay. A pipe is first spooled to an unlinked file in "
        "TMPDIR, up "
        "to --spool-max. A plain file is received under a temporary name beside TARGET, "
        "which it replaces when it is complete; links are followed, pipes and devices "
        "written as they are, folders that are missing made. With --recursive SOURCE and TARGET "
        "are folders, or s3://BUCKET[/PREFIX], both of them too.",
    .examples =
        "headrace s3 cp cat.jpg s3://photos/\n"
        "headrace s3 cp s3://photos/cat.jpg .\n"
        "headrace s3 cp --recursive notes s3://backup/notes\n"
        "headrace s3 cp s3://photos/film.mov s3://archive/2026/\n"
        "headrace s3 cp --tags team=blue --storage-class STANDARD_IA cat.jpg s3://photos/\n"
        "tar cz notes | headrace s3 cp --content-type application/gzip - s3://backup/notes.tgz\n",
    .values_size = sizeof(struct s3_cp_values),
    .groups = {{"Options", table, 0},
               {"Object", s3_object_table, VALUE(object)},
               {"Upload", s3_upload_table, VALUE(upload)},
               {"Tree, with --recursive", tree_table, VALUE(tree)},
               {"From store to store", between_table, 0},
               CONNECTION_GROUPS},
    .foreign = s3_foreign_option,
    .run = run,
};
