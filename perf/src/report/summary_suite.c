/* Results of suites. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/text.h>

#include "summary_parts.h"

static bool is_name(const char *text) {
    for (const char *at = text; *at; at++)
        if (!isalnum((unsigned char)*at) && *at != '-' && *at != '_') return false;
    return *text && strlen(text) < PERF_NAME_MAX;
}

static void short_text(const json_t *object, const char *name, char text[PERF_NAME_MAX]) {
    const char *found = json_string_value(json_object_get(object, name));
    hr_text_shorten(text, PERF_NAME_MAX, hr_slice_of(found ? found : ""));
}

/* null and a member that is not there are none. */
static int read_number(const json_t *object, const char *name, bool *has, double *value,
                       struct hr_error *error) {
    const json_t *found = json_object_get(object, name);
    *has = json_is_number(found);
    if (*has) *value = json_number_value(found);
    if (!found || json_is_null(found) || (*has && isfinite(*value))) return 0;
    return perf_member_refuse(error, "%s is no number", name);
}

static bool holds(const struct perf_check *check) {
    switch (check->comparison[0]) {
    case '<':
        return check->comparison[1] ? check->value <= check->target : check->value < check->target;
    case '>':
        return check->comparison[1] ? check->value >= check->target : check->value > check->target;
    default:
        return !(check->value < check->target || check->value > check->target);
    }
}

static int read_comparison(const json_t *object, struct perf_check *check, struct hr_error *error) {
    static const char *const known[] = {"<", "<=", ">", ">=", "="};
    const char *found = json_string_value(json_object_get(object, "comparison"));
    for (size_t i = 0; found && i < sizeof known / sizeof *known; i++)
        if (strcmp(found, known[i]) == 0)
            hr_text_copy(check->comparison, sizeof check->comparison, hr_slice_of(found));
    if (found && !*check->comparison)
        return perf_member_refuse(error, "comparison is none of <, <=, >, >=, =");
    if (!found == !check->has_target) return 0;
    return perf_member_refuse(error, "target and comparison go together");
}

static int read_outcome(const json_t *object, struct perf_check *check, struct hr_error *error) {
    const json_t *passed = json_object_get(object, "passed");
    const char *text = json_string_value(passed);
    if (text && strcmp(text, "not run") == 0)
        check->outcome = PERF_CHECK_NOT_RUN;
    else if (json_is_boolean(passed))
        check->outcome = json_is_true(passed) ? PERF_CHECK_PASSED : PERF_CHECK_FAILED;
    else
        return perf_member_refuse(error, "passed is not true, false or \"not run\"");
    if (check->outcome == PERF_CHECK_NOT_RUN || !check->has_value || !check->has_target) return 0;
    if (holds(check) == (check->outcome == PERF_CHECK_PASSED)) return 0;
    return perf_member_refuse(error, "passed contradicts value, comparison and target");
}

static int read_check(const json_t *object, struct perf_check *check, struct hr_error *error) {
    perf_text_of(object, "name", check->name);
    if (!*check->name) return perf_member_refuse(error, "name is no text");
    short_text(object, "unit", check->unit);
    short_text(object, "criterion", check->criterion);
    perf_text_of(object, "command", check->command);
    perf_text_of(object, "why", check->why);
    int err = read_number(object, "value", &check->has_value, &check->value, error);
    if (!err) err = read_number(object, "target", &check->has_target, &check->target, error);
    if (!err) err = read_comparison(object, check, error);
    if (!err) err = read_outcome(object, check, error);
    return err;
}

static int read_checks(const json_t *list, struct perf_suite *suite, struct hr_error *error) {
    if (!json_is_array(list) || json_array_size(list) > PERF_CHECKS_MAX)
        return perf_member_refuse(error, "checks is no list of at most %d", PERF_CHECKS_MAX);
    suite->check_count = (unsigned)json_array_size(list);
    suite->checks = calloc(suite->check_count + 1, sizeof *suite->checks);
    if (!suite->checks) return hr_error_set(error, -ENOMEM, "out of memory");
    for (unsigned i = 0; i < suite->check_count; i++) {
        if (read_check(json_array_get(list, i), &suite->checks[i], error) == 0) continue;
        const struct hr_error why = *error;
        return perf_member_refuse(error, "checks[%u].%s", i, why.message);
    }
    return 0;
}

static int read_suite(const struct perf_summary *summary, const struct perf_source *source,
                      struct perf_suite *suite) {
    const json_t *root = source->root;
    const char *name = json_string_value(json_object_get(root, "name"));
    if (json_integer_value(json_object_get(root, "protocol")) != PERF_SUMMARY_PROTOCOL)
        return perf_member_refuse(source->error, "protocol is not %d", PERF_SUMMARY_PROTOCOL);
    if (!name || !is_name(name))
        return perf_member_refuse(source->error, "name is no word of letters, digits, - and _");
    for (unsigned i = 0; i < summary->suite_count; i++)
        if (strcmp(summary->suites[i]->name, name) == 0)
            return perf_member_refuse(source->error, "a second suite '%s'; the first is in %.80s",
                                      name, summary->suites[i]->file);
    if (summary->suite_count == PERF_SUITES_MAX)
        return hr_error_set(source->error, -EFBIG, "more than %d suites", PERF_SUITES_MAX);
    hr_text_copy(suite->name, sizeof suite->name, hr_slice_of(name));
    hr_text_shorten(suite->file, sizeof suite->file, hr_slice_of(source->name));
    perf_text_of(root, "title", suite->title);
    if (!*suite->title) hr_text_copy(suite->title, sizeof suite->title, hr_slice_of(name));
    perf_facts_read(root, &suite->facts);
    return read_checks(json_object_get(root, "checks"), suite, source->error);
}

int perf_read_suite(struct perf_summary *summary, const struct perf_source *source) {
    struct perf_suite *suite = calloc(1, sizeof *suite);
    if (!suite) return hr_error_set(source->error, -ENOMEM, "out of memory");
    int err = read_suite(summary, source, suite);
    if (err)
        perf_suite_free(suite);
    else
        summary->suites[summary->suite_count++] = suite;
    return err;
}
