/* headrace s3 sync: a tree made like another one. */
#include <stddef.h>

#include "commands.h"
#include "s3_foreign.h"
#include "tree_sync.h"

struct values {
    struct connection_options connection;
    struct s3_object_values object;
    struct s3_upload_values upload;
    struct tree_values tree;
    uint64_t part_size, concurrency;
    bool remove, size_only, checksum, no_follow;
    bool json;
};

#define VALUE(field) offsetof(struct values, field)
static const struct option table[] = {
    {"delete", NULL, OPTION_FLAG, VALUE(remove), .aliases = "delete-removed", .of_call = true,
     .help = "Remove what TARGET has and SOURCE has not, behind everything else; not where "
             "something failed"},
    {"size-only", NULL, OPTION_FLAG, VALUE(size_only), .help = "Compare sizes alone, not times"},
    {"checksum", NULL, OPTION_FLAG, VALUE(checksum), .of_call = true,
     .help = "Compare MD5s and ETags, not times, where there are such"},
    {"no-follow-symlinks", NULL, OPTION_FLAG, VALUE(no_follow),
     .help = "Leave links in a local SOURCE out; else they count as what they lead to"},
    {"part-size", "SIZE", OPTION_SIZE, VALUE(part_size), .min = HR_S3_PART_SIZE_MIN,
     .max = HR_S3_PART_SIZE_MAX, .help = "Of parts and ranges of large ones (default 8MiB)"},
    {"concurrency", "N", OPTION_UINT, VALUE(concurrency), .min = 1, .max = TREE_CONCURRENCY_MAX,
     .help = "Objects at once, a large one counted by its parts (default 64)"},
    {"json", NULL, OPTION_FLAG, VALUE(json),
     .help = "Print a JSON object a line: of each object, and of the summary"},
    {.name = NULL}};

static int run(const struct command_call *call) {
    const struct values *values = call->values;
    if (values->size_only && values->checksum)
        return output_usage("s3 sync", "--size-only and --checksum exclude each other");
    const struct tree_sync sync = {.verb = "s3 sync",
                                   .from = call->arguments[0],
                                   .to = call->arguments[1],
                                   .connection = &values->connection,
                                   .object = &values->object,
                                   .upload = &values->upload,
                                   .values = &values->tree,
                                   .part_size = values->part_size,
                                   .concurrency = values->concurrency,
                                   .compare = true,
                                   .by = values->checksum    ? TREE_BY_CHECKSUM
                                         : values->size_only ? TREE_BY_SIZE
                                                             : TREE_BY_TIME,
                                   .remove = values->remove,
                                   .no_follow = values->no_follow,
                                   .json = values->json};
    return tree_sync_run(&sync);
}

const struct command command_s3_sync = {
    .path = "s3 sync",
    .arguments = "SOURCE TARGET",
    .arguments_min = 2,
    .arguments_max = 2,
    .summary = "Make a folder or a prefix like another one",
    .details =
        "One of SOURCE and TARGET, or both, are s3://BUCKET[/PREFIX], the other a folder. What is "
        "missing at TARGET, has another size, or is newer at SOURCE (in whole seconds) is copied. "
        "Downloads get the time of the object. Both sides are read as streams, in flat memory.",
    .examples = "headrace s3 sync photos s3://backup/photos\n"
                "headrace s3 sync --delete --dry-run s3://backup/photos photos\n"
                "headrace s3 sync --exclude '*' --include '*.jpg' s3://photos s3://thumbs/in\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0},
               {"Tree", tree_table, VALUE(tree)},
               {"Object", s3_requester_table, VALUE(object)},
               CONNECTION_GROUPS},
    .foreign = s3_foreign_option,
    .run = run,
};
