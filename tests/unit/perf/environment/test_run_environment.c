/* What reports say of the machine. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>
#include <sys/utsname.h>

#include "run_environment.h"

static json_t *read_it(void) {
    static char text[8192];
    struct hr_json_writer json;
    hr_json_init(&json, text, sizeof text, NULL, NULL);
    hr_json_object(&json);
    perf_environment_json(&json);
    hr_json_end(&json);
    cr_assert_eq(hr_json_finish(&json), 0);
    json_t *root = json_loadb(text, json.size, JSON_REJECT_DUPLICATES, NULL);
    cr_assert_not_null(root);
    return root;
}

Test(run_environment, machine_limits_and_clock_are_told) {
    struct utsname name;
    json_t *root = read_it();
    const json_t *found = json_object_get(root, "environment");
    cr_assert_eq(uname(&name), 0);
    cr_expect_str_eq(json_string_value(json_object_get(found, "kernel")), name.release);
    cr_expect_str_eq(json_string_value(json_object_get(found, "host")), name.nodename);
    cr_expect_gt(json_integer_value(json_object_get(found, "cores")), 0);
    cr_expect_gt(json_integer_value(json_object_get(found, "memory_bytes")), 1 << 20);
    cr_expect_not_null(json_object_get(json_object_get(found, "limits"), "open_files"));
    cr_expect_gt(json_string_length(json_object_get(found, "commit")), 4);
    cr_expect_not_null(strstr(json_string_value(json_object_get(found, "flags")), "-"));
    cr_expect_null(json_object_get(found, "command"));
    json_decref(root);
}

Test(run_environment, the_command_is_cut_with_an_ellipsis) {
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    perf_environment_command(text);
    json_t *root = read_it();
    const char *shown =
        json_string_value(json_object_get(json_object_get(root, "environment"), "command"));
    cr_assert_eq(strlen(shown), PERF_ENVIRONMENT_COMMAND_MAX - 1);
    cr_expect_str_eq(shown + strlen(shown) - 3, "\xE2\x80\xA6");
    json_decref(root);
}
