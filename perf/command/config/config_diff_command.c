/* headrace config diff: which values of two configurations are not alike. */
#include <errno.h>
#include <stddef.h>

#include "commands.h"
#include "config_inputs.h"
#include "output.h"
#include "quoted.h"
#include "tree_cursor.h"
#include "tree_value.h"

struct values {
    struct config_inputs inputs;
    bool json;
};

static const struct option table[] = {
    {"json", NULL, OPTION_FLAG, offsetof(struct values, json), .help = "Print one JSON object"},
    {.name = NULL}};

/* One direction: what of `from` has nothing, or something else, in `to`. */
struct direction {
    const hr_config *from, *to;
    enum { ALONE, CHANGED } kind;
    const char *sign; /* of a line, '+' or '-' */
    bool json;
};

/* ---- Lines. */

static void put_side(const hr_config *config, const struct hr_config_node *node) {
    struct hr_config_origin origin;
    hr_config_origin_of(config, node, &origin);
    fputs("\"value\":", stdout);
    tree_put_json(stdout, node);
    fputc(',', stdout);
    tree_put_place_json(stdout, &origin);
}

static void put_object(const struct direction *direction, const struct tree_cursor *at) {
    fputs("{\"path\":", stdout);
    quoted_put(stdout, hr_slice_bytes(at->path.data, at->path.size));
    fputs(direction->kind == CHANGED ? ",\"from\":{" : ",", stdout);
    put_side(direction->from, at->node);
    if (direction->kind == CHANGED) {
        fputs("},\"to\":{", stdout);
        put_side(direction->to, at->peer);
        fputc('}', stdout);
    }
    fputc('}', stdout);
}

static void put_place(const hr_config *config, const struct hr_config_node *node) {
    struct hr_config_origin origin;
    hr_config_origin_of(config, node, &origin);
    tree_put_place(stdout, &origin);
}

static void put_line(const struct direction *direction, const struct tree_cursor *at) {
    bool changed = direction->kind == CHANGED;
    printf("%s ", direction->sign);
    tree_put_path(stdout, hr_slice_bytes(at->path.data, at->path.size));
    fputs(" = ", stdout);
    tree_put_text(stdout, at->node);
    if (changed) fputs(" -> ", stdout);
    if (changed) tree_put_text(stdout, at->peer);
    fputs("  # ", stdout);
    put_place(direction->from, at->node);
    if (changed) fputs(" -> ", stdout);
    if (changed) put_place(direction->to, at->peer);
    fputc('\n', stdout);
}

/* ---- Comparing. */

static bool is_wanted(const struct direction *direction, const struct tree_cursor *at) {
    if (direction->kind == CHANGED) return at->peer && !tree_equal(at->node, at->peer);
    return !at->peer && tree_is_leaf(at->node);
}

/* The number of differences, or -ENOMEM. */
static long put_differences(const struct direction *direction) {
    struct tree_cursor cursor;
    long count = 0;
    bool enter;
    tree_cursor_open(&cursor, hr_config_root(direction->from), direction->to,
                     hr_config_root(direction->to));
    do {
        bool wanted = !cursor.failed && is_wanted(direction, &cursor);
        enter = !cursor.peer || tree_equal(cursor.node, cursor.peer);
        if (!wanted) continue;
        if (direction->json && count > 0) fputc(',', stdout);
        (direction->json ? put_object : put_line)(direction, &cursor);
        count++;
    } while (!ferror(stdout) && tree_cursor_next(&cursor, enter));
    tree_cursor_close(&cursor);
    return cursor.failed ? -ENOMEM : count;
}

static int compare(const struct values *values, const hr_config *a, const hr_config *b) {
    const struct direction directions[] = {{a, b, ALONE, "-", values->json},
                                           {a, b, CHANGED, "~", values->json},
                                           {b, a, ALONE, "+", values->json}};
    static const char *const names[] = {"{\"removed\":[", "],\"changed\":[", "],\"added\":["};
    long all = 0, count = 0;
    for (int i = 0; i < 3 && count >= 0; i++, all += count) {
        if (values->json) fputs(names[i], stdout);
        count = put_differences(&directions[i]);
    }
    if (count < 0) return output_failed(values->json, -ENOMEM, "config diff: no memory");
    if (values->json) printf("],\"alike\":%s,\"error\":null}\n", all ? "false" : "true");
    output_json_reported(); /* that they differ is no error */
    return all ? EXIT_FAILED : EXIT_DONE;
}

static int run(const struct command_call *call) {
    const struct values *values = call->values;
    struct config_loaded a, b;
    int code = config_inputs_open(&values->inputs, &call->arguments[0], 1, "config diff",
                                  values->json, &a);
    if (code != EXIT_DONE) return code;
    code = config_inputs_open(&values->inputs, &call->arguments[1], 1, "config diff", values->json,
                              &b);
    if (code == EXIT_DONE) {
        code = compare(values, a.config, b.config);
        config_loaded_release(&b);
    }
    config_loaded_release(&a);
    return code;
}

const struct command command_config_diff = {
    .path = "config diff",
    .arguments = "A B",
    .arguments_min = 2,
    .arguments_max = 2,
    .summary = "Compare two configurations, value by value",
    .details = "Lines begin with - (in A alone), ~ (in both, and not alike) or + (in B alone). "
               "Order and notation do not count: 0x10 is 16. Items of lists are compared by their "
               "numbers. Variables and --set stand above both. Exit code 1 where they differ.",
    .examples = "headrace config diff staging.yaml production.yaml\n"
                "headrace config diff --no-env --json staging.yaml production.yaml\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0},
               {"Sources", config_inputs_table, offsetof(struct values, inputs)}},
    .run = run,
};
