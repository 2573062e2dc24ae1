/* Keys of workloads: what was asked for, and nothing that came of it. */
#include "report_fixture.h"

#include "summary_parts.h"

static void key_of(const char *members, char key[PERF_KEY_MAX]) {
    static char text[16384];
    snprintf(text, sizeof text, "{\"harness\":\"bench s3\",\"concurrency\":4%s}", members);
    json_t *root = json_loads(text, 0, NULL);
    cr_assert_not_null(root, "%s", text);
    cr_assert_eq(perf_key_of_bench(root, key), 0);
    json_decref(root);
}

static bool alike(const char *a, const char *b) {
    static char left[PERF_KEY_MAX], right[PERF_KEY_MAX];
    key_of(a, left);
    key_of(b, right);
    return strcmp(left, right) == 0;
}

Test(summary_key, think_time_and_attempts_are_asked_for) {
    cr_expect(!alike("", ",\"think_time_s\":0.5"));
    cr_expect(alike("", ",\"think_time_s\":0.0"));
    cr_expect(!alike(",\"attempts_max\":2", ",\"attempts_max\":3"));
}

Test(summary_key, rules_of_faults_are_asked_for_and_their_counts_are_not) {
    const char *rule = ",\"faults\":{\"rules\":[{\"rule\":\"5% reset\",\"chosen\":1}]}";
    cr_expect(!alike("", rule));
    cr_expect(alike(",\"faults\":{\"rules\":[{\"rule\":\"5% reset\",\"chosen\":2}]}", rule));
    cr_expect(!alike(",\"faults\":{\"rules\":[{\"rule\":\"6% reset\"}]}", rule));
    cr_expect(alike(",\"faults\":null", ""));
}

Test(summary_key, loads_beside_the_measured_one_are_asked_for) {
    const char *log = ",\"with\":{\"alone\":{\"duration_s\":3},\"log\":{\"rate_per_s\":9}}";
    cr_expect(!alike(log, ""));
    cr_expect(!alike(log, ",\"with\":{\"http\":{\"rate_per_s\":9}}"));
    cr_expect(alike(log, ",\"with\":{\"alone\":{\"duration_s\":4},\"log\":{\"rate_per_s\":9}}"));
}

Test(summary_key, a_ramp_is_asked_for_and_the_rate_that_came_of_it_is_not) {
    cr_expect(alike(",\"ramp\":{\"to_per_s\":9},\"rate_per_s\":3",
                    ",\"ramp\":{\"to_per_s\":9},\"rate_per_s\":4"));
    cr_expect(!alike(",\"ramp\":{\"to_per_s\":9}", ",\"ramp\":{\"to_per_s\":8}"));
    cr_expect(!alike(",\"ramp\":null,\"rate_per_s\":3", ",\"ramp\":null,\"rate_per_s\":4"));
}

Test(summary_key, what_is_beyond_the_room_still_counts) {
    static char a[4096], b[4096], filler[3000];
    memset(filler, 'x', sizeof filler - 1);
    snprintf(a, sizeof a, ",\"trace\":\"%s\",\"urls\":[\"http://h/a\"]", filler);
    snprintf(b, sizeof b, ",\"trace\":\"%s\",\"urls\":[\"http://h/b\"]", filler);
    cr_expect(!alike(a, b));
    cr_expect(alike(a, a));
}

Test(summary_key, a_key_that_just_fits_is_whole) {
    static char whole[PERF_KEY_MAX + 1], key[PERF_KEY_MAX];
    memset(whole, 'x', PERF_KEY_MAX - 1);
    perf_key_set(key, whole);
    cr_expect_str_eq(key, whole);
    whole[PERF_KEY_MAX - 1] = 'y';
    perf_key_set(key, whole);
    cr_expect_eq(strlen(key), PERF_KEY_MAX - 1);
    cr_expect_str_neq(key + PERF_KEY_MAX - 17, "xxxxxxxxxxxxxxxx");
}
