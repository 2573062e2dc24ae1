/* headrace s3 cat: s3 cp to standard output. */
#include <stddef.h>

#include "commands.h"
#include "s3_cp.h"
#include "s3_foreign.h"

struct cat_values {
    struct connection_options connection;
    struct s3_object_values object;
};

static int run(const struct command_call *call) {
    const struct cat_values *cat = call->values;
    struct s3_cp_values values = {.connection = cat->connection, .object = cat->object};
    struct s3_place place;
    struct session session;
    int code =
        s3_place_read(call->arguments[0], S3_PLACE_OBJECT, values.connection.literal, &place);
    if (!code) code = session_open(&session, &values.connection, false);
    if (code) return code;
    code = s3_download(&values, &session, call->arguments[0], &place, "-");
    session_close(&session);
    return code;
}

const struct command command_s3_cat = {
    .path = "s3 cat",
    .arguments = "s3://BUCKET/KEY",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "Write one object to standard output",
    .examples = "headrace s3 cat s3://photos/list.txt | head\n"
                "headrace s3 cat --version-id 3sL4kqtJ s3://photos/list.txt\n",
    .values_size = sizeof(struct cat_values),
    .groups = {{"Object", s3_object_table, offsetof(struct cat_values, object)}, CONNECTION_GROUPS},
    .foreign = s3_foreign_option,
    .run = run,
};
