/* Reloads: a good one takes the old one's place at once, a bad one changes nothing; folders are
 * watched as editors and Kubernetes change them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <headrace/clock.h>
#include <headrace/config_schema.h>

#include "watch_place.h"

Test(config_watch, a_file_that_is_written_is_read_again) {
    struct place place = {.folder = ""};
    place_begin(&place, "a: 1\nb: {c: 2, d: 3}\nl: [1, 2]\n");
    place_open(&place);
    const hr_config *before = hr_config_hold(hr_config_read(&place.reader));
    place_write(place.path, "a: 10\nb: {c: 2, e: 4}\nl: [1, 3]\n");
    cr_assert_eq(place_wait(&place), 1);
    cr_assert_str_eq(place_value(&place, "a"), "10");
    cr_assert_str_eq(place.told, "a b.e+ l b.d- ");
    cr_assert_str_eq(hr_config_text(hr_config_find(before, "a")).data, "1",
                     "who holds the old one keeps it");
    hr_config_free((hr_config *)before);
    place_end(&place);
}

Test(config_watch, a_bad_file_leaves_the_old_one_and_says_why_once) {
    struct place place = {.folder = ""};
    place_begin(&place, "a: 1\n");
    place_open(&place);
    place_write(place.path, "a: [1\n");
    cr_assert_eq(place_wait(&place), HR_ERR_CONFIG);
    cr_assert_eq(hr_config_watch_poll(place.watch), 0);
    cr_assert_eq(place.refused, 1);
    cr_assert_str_eq(place_value(&place, "a"), "1");
    place_write(place.path, "a: 22\n");
    cr_assert_eq(place_wait(&place), 1);
    cr_assert_str_eq(place_value(&place, "a"), "22");
    place_end(&place);
}

Test(config_watch, a_rename_into_its_place) {
    struct place place = {.folder = ""};
    char other[64];
    place_begin(&place, "a: 1\n");
    place_open(&place);
    snprintf(other, sizeof other, "%s/.service.yaml.swp", place.folder);
    place_write(other, "a: 2\n");
    cr_assert_eq(rename(other, place.path), 0);
    cr_assert_eq(place_wait(&place), 1);
    cr_assert_str_eq(place_value(&place, "a"), "2");
    place_end(&place);
}

Test(config_watch, a_file_that_is_away_for_a_moment) {
    struct place place = {.folder = ""};
    place_begin(&place, "a: 1\n");
    place_open(&place);
    unlink(place.path);
    cr_assert_eq(hr_config_watch_poll(place.watch), 0, "no error: it may come back");
    cr_assert_eq(place.refused, 0);
    place_write(place.path, "a: 3\n");
    cr_assert_eq(place_wait(&place), 1);
    cr_assert_str_eq(place_value(&place, "a"), "3");
    place_end(&place);
}

/* service.yaml → ..data/service.yaml, ..data → ..N, as a mounted ConfigMap has it. */
static void swap(const struct place *place, unsigned number, const char *text) {
    char folder[96], path[128], link[64], data[64];
    snprintf(folder, sizeof folder, "%s/..%u", place->folder, number);
    cr_assert_eq(mkdir(folder, 0700), 0);
    snprintf(path, sizeof path, "%s/service.yaml", folder);
    place_write(path, text);
    snprintf(link, sizeof link, "%s/..data_tmp", place->folder);
    snprintf(data, sizeof data, "%s/..data", place->folder);
    cr_assert_eq(symlink(strrchr(folder, '/') + 1, link), 0);
    cr_assert_eq(rename(link, data), 0);
}

Test(config_watch, links_that_are_exchanged_as_kubernetes_does) {
    struct place place = {.folder = ""};
    place_begin(&place, NULL);
    swap(&place, 1, "a: 1\n");
    cr_assert_eq(symlink("..data/service.yaml", place.path), 0);
    place_open(&place);
    cr_assert_str_eq(place_value(&place, "a"), "1");
    swap(&place, 2, "a: 2\n");
    cr_assert_eq(place_wait(&place), 1);
    cr_assert_str_eq(place_value(&place, "a"), "2");
    place_end(&place);
}

/* The best of a few, as another program may have the processor. */
Test(config_watch, an_exchange_is_seen_within_a_tenth_of_a_second) {
    struct place place = {.folder = ""};
    uint64_t best_ns = UINT64_MAX;
    char text[32];
    place_begin(&place, NULL);
    swap(&place, 0, "a: 0\n");
    cr_assert_eq(symlink("..data/service.yaml", place.path), 0);
    place_open(&place);
    for (unsigned i = 1; i <= 5; i++) {
        snprintf(text, sizeof text, "a: %u\n", i);
        uint64_t began_ns = hr_clock_monotonic_ns();
        swap(&place, i, text);
        cr_assert_eq(place_wait(&place), 1);
        uint64_t took_ns = hr_clock_monotonic_ns() - began_ns;
        if (took_ns < best_ns) best_ns = took_ns;
    }
    cr_assert_lt(best_ns, 100000000, "%.1f ms", (double)best_ns / 1e6);
    place_end(&place);
}

Test(config_watch, a_thousand_exchanges_end_at_the_last) {
    struct place place = {.folder = ""};
    char text[32];
    place_begin(&place, NULL);
    swap(&place, 0, "a: 0\n");
    cr_assert_eq(symlink("..data/service.yaml", place.path), 0);
    place_open(&place);
    for (unsigned i = 1; i <= 1000; i++) {
        snprintf(text, sizeof text, "a: %u\n", i);
        swap(&place, i, text);
        if (i % 7 == 0) hr_config_watch_poll(place.watch);
    }
    while (strcmp(place_value(&place, "a"), "1000") != 0) place_wait(&place);
    cr_assert_eq(place.refused, 0);
    place_end(&place);
}

Test(config_watch, asked_to_reload_it_does_so_without_a_change) {
    struct place place = {.folder = ""};
    struct hr_error error;
    place_begin(&place, "a: 1\n");
    place_open(&place);
    const hr_config *before = hr_config_read(&place.reader);
    cr_assert_eq(hr_config_watch_reload(place.watch, NULL, &error), 0);
    cr_assert_neq(hr_config_read(&place.reader), before);
    cr_assert_str_eq(place.told, "", "nothing is another");
    place_write(place.path, "a: *b\n");
    hr_config_problems *problems = NULL;
    cr_assert_eq(hr_config_watch_reload(place.watch, &problems, &error), HR_ERR_CONFIG);
    cr_assert_eq(hr_config_problems_count(problems), 1);
    cr_assert_eq(place.refused, 0, "who asks has the answer");
    cr_assert_str_eq(place_value(&place, "a"), "1");
    hr_config_problems_free(problems);
    place_end(&place);
}

struct service {
    uint32_t threads, level;
};
static const struct hr_config_field fields[] = {
    HR_FIELD(struct service, threads, HR_UINT, .default_value = "1", .restart = true),
    HR_FIELD(struct service, level, HR_UINT, .default_value = "1"),
};
static const struct hr_config_schema schema = HR_SCHEMA(struct service, fields);

Test(config_watch, what_needs_a_restart_says_so) {
    struct place place = {.folder = ""};
    place_begin(&place, "level: 2\n");
    place.load.schema = &schema;
    place_open(&place);
    place_write(place.path, "threads: 10\nlevel: 10\n");
    cr_assert_eq(place_wait(&place), 1);
    const struct service *service = hr_config_values(hr_config_read(&place.reader));
    cr_assert(service->threads == 10 && service->level == 10);
    cr_assert(strcmp(place.told, "threads! level ") == 0 ||
                  strcmp(place.told, "level threads! ") == 0,
              "%s", place.told);
    place_end(&place);
}

Test(config_watch, a_first_load_that_fails_makes_none) {
    struct place place = {.folder = ""};
    struct hr_error error;
    hr_config_problems *problems = NULL;
    place_begin(&place, "a: [\n");
    cr_assert_eq(hr_config_watch_new(&place.options, &problems, &error, &place.watch),
                 HR_ERR_CONFIG);
    cr_assert_null(place.watch);
    cr_assert_eq(hr_config_problems_count(problems), 1);
    hr_config_problems_free(problems);
    place_end(&place);
}

Test(config_watch, secrets_and_env_files_are_watched_too) {
    struct place place = {.folder = ""};
    char secrets[64], secret[80], env[64];
    place_begin(&place, "a: 1\n");
    snprintf(secrets, sizeof secrets, "%s/secrets", place.folder);
    snprintf(secret, sizeof secret, "%s/password", secrets);
    snprintf(env, sizeof env, "%s/.env", place.folder);
    cr_assert_eq(mkdir(secrets, 0700), 0);
    place_write(secret, "one");
    place_write(env, "ESPER_USER=me\n");
    const char *env_files[] = {env};
    place.load.env_files = env_files;
    place.load.env_file_count = 1;
    place.load.secrets_folder = secrets;
    place_open(&place);
    cr_assert_str_eq(place_value(&place, "password"), "one");
    place_write(secret, "another");
    cr_assert_eq(place_wait(&place), 1);
    cr_assert_str_eq(place_value(&place, "password"), "another");
    place_write(env, "ESPER_USER=somebody\n");
    cr_assert_eq(place_wait(&place), 1);
    cr_assert_str_eq(place_value(&place, "user"), "somebody");
    cr_assert_str_eq(place.told, "password user ");
    place_end(&place);
}

/* What the reader has, while on_change is told. */
static void read_in_callback(void *user, const struct hr_config_change *changes, size_t count) {
    struct place *place = user;
    cr_assert_eq(count, 1);
    cr_assert_str_eq(hr_config_text(changes[0].before).data, "1", "the old one is still there");
    snprintf(place->told, sizeof place->told, "%s", place_value(place, "a"));
}

Test(config_watch, who_is_told_finds_the_new_one_in_force) {
    struct place place = {.folder = ""};
    struct hr_error error;
    place_begin(&place, "a: 1\n");
    place.options.on_change = read_in_callback;
    place_open(&place);
    cr_assert_str_eq(place_value(&place, "a"), "1");
    place_write(place.path, "a: 2\n");
    cr_assert_eq(hr_config_watch_reload(place.watch, NULL, &error), 0);
    cr_assert_str_eq(place.told, "2");
    place_end(&place);
}

/* As a file that root has written, and only then lets others read. */
Test(config_watch, a_file_whose_mode_alone_has_changed_is_read_again) {
    struct place place = {.folder = ""};
    place_begin(&place, "a: 1\n");
    place_open(&place);
    cr_assert_eq(hr_config_watch_poll(place.watch), 0);
    cr_assert_eq(chmod(place.path, 0640), 0);
    cr_assert_eq(place_wait(&place), 1);
    place_end(&place);
}

Test(config_watch, an_empty_map_that_comes_or_goes_is_told) {
    struct place place = {.folder = ""};
    struct hr_error error;
    place_begin(&place, "a: {}\nb: 1\n");
    place_open(&place);
    place_write(place.path, "c: {}\nb: 1\n");
    cr_assert_eq(hr_config_watch_reload(place.watch, NULL, &error), 0);
    cr_assert_str_eq(place.told, "c+ a- ");
    place_end(&place);
}
