/* Files that go away, come back, or appear later. */
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "watch_place.h"

/* Two files, of which the second is gone. */
static void lose_second(struct place *place, const char *files[2]) {
    place_begin(place, "a: 1\n");
    files[0] = place->path;
    files[1] = place_at(place, "second.yaml");
    place_write(files[1], "b: 1\n");
    place->load.files = files;
    place->load.file_count = 2;
    place->options.poll_ms = 20;
    place_open(place);
    unlink(files[1]);
}

Test(config_print, a_file_that_stays_away_is_said_once_by_its_name) {
    struct place place = {.folder = ""};
    const char *files[2];
    lose_second(&place, files);
    cr_assert_eq(place_wait(&place), HR_ERR_CONFIG);
    cr_assert(strstr(place.why, "second.yaml"), "%s", place.why);
    cr_assert_str_eq(place_value(&place, "b"), "1", "what was in force stays");
    struct pollfd fd = {.fd = hr_config_watch_fd(place.watch), .events = POLLIN};
    for (unsigned i = 0; i < 10; i++) {
        cr_assert_eq(poll(&fd, 1, PATIENCE_MS), 1);
        cr_assert_eq(hr_config_watch_poll(place.watch), 0);
    }
    cr_assert_eq(place.refused, 1);
    place_end(&place);
}

Test(config_print, other_files_are_reloaded_while_one_stays_away) {
    struct place place = {.folder = ""};
    const char *files[2];
    lose_second(&place, files);
    cr_assert_eq(place_wait(&place), HR_ERR_CONFIG);
    place_write(place.path, "a: 22\n");
    cr_assert_eq(place_wait(&place), HR_ERR_CONFIG);
    cr_assert_eq(place.refused, 2);
    place_write(files[1], "b: 33\n");
    cr_assert_eq(place_wait(&place), 1);
    cr_assert_str_eq(place_value(&place, "a"), "22");
    cr_assert_str_eq(place_value(&place, "b"), "33");
    place_end(&place);
}

Test(config_print, a_file_that_comes_back_as_it_was_is_no_change) {
    struct place place = {.folder = ""};
    place_begin(&place, "a: 1\n");
    place_open(&place);
    cr_assert_eq(rename(place.path, place_at(&place, "away")), 0);
    cr_assert_eq(hr_config_watch_poll(place.watch), 0);
    cr_assert_eq(rename(place_at(&place, "away"), place.path), 0);
    cr_assert_eq(place_wait(&place), 1, "a rename changes its time of change");
    cr_assert_str_eq(place.told, "");
    place_end(&place);
}

Test(config_print, warnings_of_a_reload_are_told) {
    struct place place = {.folder = ""};
    place_begin(&place, "a: 1\n");
    place.load.warn_old_yaml = true;
    place_open(&place);
    place_write(place.path, "a: yes\n");
    cr_assert_eq(place_wait(&place), 1);
    cr_assert_eq(place.warned, 1);
    cr_assert(strstr(place.why, "a boolean"), "%s", place.why);
    place_write(place.path, "a: 'yes '\n");
    cr_assert_eq(place_wait(&place), 1);
    cr_assert_eq(place.warned, 1, "there are none any more");
    place_end(&place);
}

Test(config_print, an_overlay_that_appears_later) {
    struct place place = {.folder = ""};
    place_begin(&place, "a: 1\n");
    place.load.profile = "prod";
    place_open(&place);
    cr_assert_eq(hr_config_watch_poll(place.watch), 0);
    place_write(place_at(&place, "service.prod.yaml"), "a: 2\n");
    cr_assert_eq(place_wait(&place), 1);
    cr_assert_str_eq(place_value(&place, "a"), "2");
    place_end(&place);
}

Test(config_print, files_that_come_to_and_go_from_an_included_folder) {
    struct place place = {.folder = ""};
    place_begin(&place, "include: conf.d/\na: 1\n");
    place.options.poll_ms = 20;
    cr_assert_eq(mkdir(place_at(&place, "conf.d"), 0700), 0);
    place_open(&place);
    cr_assert_eq(hr_config_watch_poll(place.watch), 0);
    place_write(place_at(&place, "conf.d/10-more.yaml"), "b: 2\n");
    while (!*place_value(&place, "b")) cr_assert_eq(place_wait(&place), 1);
    unlink(place_at(&place, "conf.d/10-more.yaml"));
    cr_assert_eq(place_wait(&place), 1);
    cr_assert_str_eq(place_value(&place, "b"), "");
    cr_assert_eq(place.refused, 0);
    place_end(&place);
}

/* The file that names it was refused; then it comes. */
Test(config_print, an_include_that_was_missing) {
    struct place place = {.folder = ""};
    place_begin(&place, "a: 1\n");
    place_open(&place);
    place_write(place.path, "include: more.yaml\na: 1\n");
    cr_assert_eq(place_wait(&place), HR_ERR_CONFIG);
    place_write(place_at(&place, "more.yaml"), "b: 2\n");
    cr_assert_eq(place_wait(&place), 1);
    cr_assert_str_eq(place_value(&place, "b"), "2");
    place_end(&place);
}

Test(config_print, secrets_that_appear_later) {
    struct place place = {.folder = ""};
    char secrets[64];
    place_begin(&place, "a: 1\n");
    snprintf(secrets, sizeof secrets, "%s/secrets", place.folder);
    place.load.secrets_folder = secrets;
    place.load.secrets_optional = true;
    place.options.poll_ms = 20;
    place_open(&place);
    cr_assert_eq(mkdir(secrets, 0700), 0);
    cr_assert_eq(place_wait(&place), 1);
    place_write(place_at(&place, "secrets/password"), "one");
    while (!*place_value(&place, "password")) cr_assert_geq(place_wait(&place), HR_ERR_CONFIG);
    cr_assert_str_eq(place_value(&place, "password"), "one");
    place_end(&place);
}

Test(config_print, an_env_file_that_comes_back) {
    struct place place = {.folder = ""};
    char env[64];
    place_begin(&place, "a: 1\n");
    snprintf(env, sizeof env, "%s/.env", place.folder);
    const char *env_files[] = {env};
    place_write(env, "ESPER_USER=me\n");
    place.load.env_files = env_files;
    place.load.env_file_count = 1;
    place.options.poll_ms = 20;
    place_open(&place);
    unlink(env);
    cr_assert_eq(place_wait(&place), HR_ERR_CONFIG);
    cr_assert(strstr(place.why, ".env"), "%s", place.why);
    place_write(env, "ESPER_USER=you\n");
    cr_assert_eq(place_wait(&place), 1);
    cr_assert_str_eq(place_value(&place, "user"), "you");
    place_end(&place);
}

Test(config_print, a_file_that_was_read_is_not_read_again_without_a_change) {
    struct place place = {.folder = ""};
    place_begin(&place, "include: more.yaml\na: 1\n");
    place_write(place_at(&place, "more.yaml"), "b: 2\n");
    place_open(&place);
    cr_assert_eq(hr_config_watch_poll(place.watch), 0);
    place_end(&place);
}
