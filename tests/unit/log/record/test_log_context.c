#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <pthread.h>

#include "log_lines.h"

static void open_as(struct log_lines *lines, enum hr_log_format format, enum hr_log_names names) {
    struct hr_log_sink sink = {.format = format, .names = names};
    struct hr_log_options options = {0};
    log_lines_open(lines, &sink, &options);
}

/* The line ends so. */
static void ends(struct log_lines *lines, const char *end) {
    char *text = log_lines_take(lines);
    size_t size = strlen(text), wanted = strlen(end);
    cr_assert(size >= wanted && strcmp(text + size - wanted, end) == 0, "%s", text);
    free(text);
}

static struct hr_log_field number(const char *key, int64_t value) {
    return (struct hr_log_field){hr_slice_of(key), hr_log_of_i64(value)};
}

static struct hr_log_field text(const char *key, const char *value) {
    return (struct hr_log_field){hr_slice_of(key), hr_log_of_text(value)};
}

Test(log_context, records_of_the_thread_bear_it_until_it_is_popped) {
    struct log_lines lines;
    open_as(&lines, HR_LOG_FORMAT_JSON, HR_LOG_NAMES_ESPER);
    const struct hr_log_field outer[] = {text("request_id", "r1"), number("attempt", 1)};
    const struct hr_log_field inner = number("attempt", 2);
    HR_INFO(lines.log, "m", "n", 0);
    ends(&lines, "\"message\":\"m\",\"n\":0}\n");
    int first = hr_log_context_push(outer, 2);
    cr_assert_eq(first, 1);
    HR_INFO(lines.log, "m", "n", 1);
    ends(&lines, ",\"n\":1,\"request_id\":\"r1\",\"attempt\":1}\n");
    int second = hr_log_context_push(&inner, 1);
    cr_assert_eq(second, 2);
    hr_log_write(lines.log, HR_LOG_INFO, hr_slice_of("w"), &inner, 0);
    ends(&lines, "\"message\":\"w\",\"request_id\":\"r1\",\"attempt\":2}\n");
    hr_log_context_pop(second);
    HR_INFO(lines.log, "m");
    ends(&lines, "\"message\":\"m\",\"request_id\":\"r1\",\"attempt\":1}\n");
    cr_assert_eq(hr_log_context_push(&inner, 1), 2);
    hr_log_context_pop(first); /* and what is above it */
    hr_log_context_pop(first);
    hr_log_context_pop(0);
    hr_log_context_pop(-ENOMEM);
    HR_INFO(lines.log, "m");
    ends(&lines, "\"message\":\"m\"}\n");
    log_lines_close(&lines);
}

Test(log_context, a_scope_binds_in_every_format) {
    static const char *const ends_with[] = {
        " - m [n=1 id=7 user=bob]\n", "\"message\":\"m\",\"n\":1,\"id\":7,\"user\":\"bob\"}\n",
        " msg=m n=1 id=7 user=bob\n"};
    for (int format = HR_LOG_FORMAT_TEXT; format <= HR_LOG_FORMAT_LOGFMT; format++) {
        struct log_lines lines;
        open_as(&lines, (enum hr_log_format)format, HR_LOG_NAMES_ESPER);
        {
            HR_LOG_CONTEXT("id", 7);
            HR_LOG_CONTEXT("user", "bob");
            HR_INFO(lines.log, "m", "n", 1);
            ends(&lines, ends_with[format]);
        }
        HR_INFO(lines.log, "after");
        ends(&lines, format == HR_LOG_FORMAT_JSON ? "\"after\"}\n" : "after\n");
        log_lines_close(&lines);
    }
}

static void *log_elsewhere(void *user) {
    hr_log *log = user;
    HR_INFO(log, "elsewhere");
    const struct hr_log_field left = number("left", 1);
    return (void *)(intptr_t)hr_log_context_push(&left, 1); /* freed as the thread ends */
}

Test(log_context, it_is_the_threads_own_and_of_all_its_logs) {
    struct log_lines one, other;
    open_as(&one, HR_LOG_FORMAT_LOGFMT, HR_LOG_NAMES_ESPER);
    open_as(&other, HR_LOG_FORMAT_LOGFMT, HR_LOG_NAMES_ESPER);
    HR_INFO(one.log, "before"); /* a ring that is there already, and one that is made later */
    HR_LOG_CONTEXT("id", 7);
    HR_INFO(one.log, "m");
    ends(&one, " msg=m id=7\n");
    HR_INFO(other.log, "m");
    ends(&other, " msg=m id=7\n");
    pthread_t thread;
    void *depth;
    pthread_create(&thread, NULL, log_elsewhere, one.log);
    pthread_join(thread, &depth);
    cr_assert_eq((intptr_t)depth, 1);
    ends(&one, " msg=elsewhere\n");
    log_lines_close(&one);
    log_lines_close(&other);
}

Test(log_context, no_line_has_a_key_twice_whoever_bound_it) {
    for (int names = HR_LOG_NAMES_ESPER; names <= HR_LOG_NAMES_OTEL; names++) {
        struct log_lines lines;
        open_as(&lines, HR_LOG_FORMAT_JSON, (enum hr_log_names)names);
        hr_log *with;
        const struct hr_log_field bound[] = {number("id", 3), number("source", 4)};
        cr_assert_eq(hr_log_with(lines.log, bound, 2, &with), 0);
        HR_LOG_CONTEXT("id", 5, "source", 6, "x", 7);
        HR_INFO(with, "m", "id", 1, "id_2", 2, "x", "x", "x", "y", "x_2", "z");
        ends(&lines, ",\"id\":1,\"id_2\":2,\"x\":\"x\",\"x_2\":\"y\",\"x_2_2\":\"z\",\"id_3\":3,"
                     "\"fields.source\":4,\"id_4\":5,\"fields.source_2\":6,\"x_3\":7}\n");
        hr_log_free(with);
        log_lines_close(&lines);
    }
}

Test(log_context, parts_of_values_count_among_the_keys) {
    struct log_lines lines;
    const char *texts[] = {"a"};
    const struct hr_log_failure failure = {.text = "no"};
    open_as(&lines, HR_LOG_FORMAT_LOGFMT, HR_LOG_NAMES_ECS);
    HR_INFO(lines.log, "m", "g", HR_GROUP("id", 1, "id", 2), "g.id", 3, "log", HR_GROUP("level", 4),
            "t", HR_ARRAY(texts, 1), "t.0", 5, "f", &failure, "f.text", 6);
    ends(&lines, " message=m g.id_2=1 g.id_3=2 g.id=3 log.level_2=4 t.0_2=a t.0=5 f.text_2=no "
                 "f.text=6\n");
    log_lines_close(&lines);
    open_as(&lines, HR_LOG_FORMAT_JSON, HR_LOG_NAMES_ESPER);
    HR_INFO(lines.log, "m", "g", HR_GROUP("id", 1, "id", 2), "h", HR_GROUP("id", 3), "id", 4);
    ends(&lines, ",\"g\":{\"id\":1,\"id_2\":2},\"h\":{\"id\":3},\"id\":4}\n");
    log_lines_close(&lines);
}

Test(log_context, a_group_without_fields_leaves_the_line_whole) {
    static const char *const ends_with[] = {" - m [g={} n=1]\n", ",\"g\":{},\"n\":1}\n",
                                            " msg=m g={} n=1\n"};
    for (int format = HR_LOG_FORMAT_TEXT; format <= HR_LOG_FORMAT_LOGFMT; format++) {
        struct log_lines lines;
        open_as(&lines, (enum hr_log_format)format, HR_LOG_NAMES_ESPER);
        const struct hr_log_field fields[] = {{hr_slice_of("g"), hr_log_of_group(NULL, 0)},
                                              number("n", 1)};
        HR_INFO(lines.log, "m", "g", fields[0].value, "n", 1);
        ends(&lines, ends_with[format]);
        log_lines_close(&lines);
    }
}

/* Keys that differ only in what no line can show would be equal in it. */
Test(log_context, many_equal_keys_are_all_different_in_the_line) {
    enum { FIELDS = 2000 };
    struct log_lines lines;
    open_as(&lines, HR_LOG_FORMAT_JSON, HR_LOG_NAMES_ESPER);
    struct hr_log_field *fields = calloc(FIELDS, sizeof *fields);
    for (int i = 0; i < FIELDS; i++)
        fields[i] =
            (struct hr_log_field){hr_slice_bytes(i % 2 ? "\xff" : "\xfe", 1), hr_log_of_i64(i)};
    hr_log_write(lines.log, HR_LOG_INFO, hr_slice_of("m"), fields, FIELDS);
    char *line = log_lines_take(&lines);
    json_error_t error;
    json_t *root = json_loads(line, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(root, "%s", error.text);
    cr_assert_eq(json_object_size(root), FIELDS + 4);
    json_decref(root);
    free(line);
    free(fields);
    log_lines_close(&lines);
}

/* The header's example of W3C Trace Context. */
#define TRACEPARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

Test(log_context, a_trace_is_at_the_top_level_in_every_preset) {
    struct hr_log_trace trace;
    cr_assert_eq(hr_log_trace_parse(hr_slice_of(TRACEPARENT), &trace), 0);
    for (int names = HR_LOG_NAMES_ESPER; names <= HR_LOG_NAMES_OTEL; names++) {
        struct log_lines lines;
        open_as(&lines, HR_LOG_FORMAT_JSON, (enum hr_log_names)names);
        int depth = hr_log_trace_push(&trace);
        HR_INFO(lines.log, "m", "n", 1);
        hr_log_context_pop(depth);
        ends(&lines, ",\"n\":1,\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\","
                     "\"span_id\":\"b7ad6b7169203331\",\"trace_flags\":\"01\"}\n");
        HR_LOG_CONTEXT("trace_id", "0AF7651916CD43DD8448EB211C80319C", "span_id",
                       0xb7ad6b7169203331u, "trace_flags", 1);
        HR_INFO(lines.log, "m", "n", 1);
        ends(&lines, ",\"n\":1,\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\","
                     "\"span_id\":\"b7ad6b7169203331\",\"trace_flags\":\"01\"}\n");
        log_lines_close(&lines);
    }
}

Test(log_context, a_traceparent_that_the_standard_refuses_is_refused) {
    static const char *const refused[] = {
        "",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x",
        "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
    };
    struct hr_log_trace trace = {.flags = 9};
    for (unsigned i = 0; i < sizeof refused / sizeof *refused; i++)
        cr_assert_eq(hr_log_trace_parse(hr_slice_of(refused[i]), &trace), -EINVAL, "%s",
                     refused[i]);
    cr_assert_eq(trace.flags, 9);
    const char *later = "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03-what-ever";
    cr_assert_eq(hr_log_trace_parse(hr_slice_of(later), &trace), 0);
    cr_assert_eq(trace.flags, 3);
}

Test(log_context, secrets_are_not_bound_and_too_much_is_refused) {
    struct log_lines lines;
    open_as(&lines, HR_LOG_FORMAT_LOGFMT, HR_LOG_NAMES_ESPER);
    HR_LOG_CONTEXT("api_token", "hunter2");
    char *large = malloc(1025);
    memset(large, 'x', 1024);
    large[1024] = 0;
    struct hr_log_field fields[20];
    char keys[20][8];
    for (int i = 0; i < 20; i++) {
        snprintf(keys[i], sizeof keys[i], "k%d", i);
        fields[i] = text(keys[i], large);
    }
    int depth = hr_log_context_push(fields, 20);
    cr_assert_eq(depth, -E2BIG);
    hr_log_context_pop(depth);
    HR_INFO(lines.log, "m");
    ends(&lines, " msg=m api_token=\"[redacted]\"\n");
    free(large);
    log_lines_close(&lines);
}

static void say(hr_log *log) {
    HR_INFO(log, "m");
}

/* The drain keeps what stands before the message for the log that wrote here last. */
Test(log_context, one_call_site_in_turn_for_several_logs_with_and_without_it) {
    struct log_lines lines;
    open_as(&lines, HR_LOG_FORMAT_TEXT, HR_LOG_NAMES_ESPER);
    hr_log *child;
    const struct hr_log_field bound = number("n", 1);
    cr_assert_eq(hr_log_child(lines.log, "part", &child), 0);
    for (int i = 0; i < 3; i++) {
        say(lines.log);
        ends(&lines, " - test - INFO - m\n");
        int depth = hr_log_context_push(&bound, 1);
        say(child);
        ends(&lines, " - part - INFO - m [n=1]\n");
        hr_log_context_pop(depth);
        if (i != 1) say(lines.log);
        if (i != 1) ends(&lines, " - test - INFO - m\n");
        say(child);
        ends(&lines, " - part - INFO - m\n");
    }
    hr_log_free(child);
    log_lines_close(&lines);
}

Test(log_context, a_child_has_the_last_word_on_what_its_parent_bound) {
    struct log_lines lines;
    open_as(&lines, HR_LOG_FORMAT_LOGFMT, HR_LOG_NAMES_ESPER);
    hr_log *with, *inner;
    const struct hr_log_field outer[] = {number("id", 1), text("user", "bob")};
    const struct hr_log_field again = number("id", 2);
    cr_assert_eq(hr_log_with(lines.log, outer, 2, &with), 0);
    cr_assert_eq(hr_log_with(with, &again, 1, &inner), 0);
    HR_INFO(inner, "m");
    ends(&lines, " msg=m user=bob id=2\n");
    HR_INFO(with, "m");
    ends(&lines, " msg=m id=1 user=bob\n");
    hr_log_free(inner);
    hr_log_free(with);
    log_lines_close(&lines);
}
