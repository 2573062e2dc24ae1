/* Reloads: a good one takes the old one's place at once, a bad one changes nothing; folders are
 * watched as editors and Kubernetes change them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <headrace/config_schema.h>
#include <headrace/config_watch.h>

#define PATIENCE_MS 10000

/* A folder with service.yaml, and what the watch has told. */
struct place {
    char folder[32], path[64];
    const char *files[1];
    struct hr_config_options load;
    struct hr_config_watch_options options;
    hr_config_watch *watch;
    struct hr_config_reader reader;
    char told[512];
    unsigned refused;
};

static void write_text(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    cr_assert(file);
    fputs(text, file);
    fclose(file);
}

static void on_change(void *user, const struct hr_config_change *changes, size_t count) {
    struct place *place = user;
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(place->told);
        snprintf(place->told + used, sizeof place->told - used, "%s%s%s ", changes[i].path,
                 !changes[i].before  ? "+"
                 : !changes[i].after ? "-"
                                     : "",
                 changes[i].restart ? "!" : "");
    }
}

static void on_refused(void *user, const hr_config_problems *problems,
                       const struct hr_error *error) {
    struct place *place = user;
    cr_assert_gt(hr_config_problems_count(problems), 0);
    cr_assert_eq(error->code, HR_ERR_CONFIG);
    place->refused++;
}

static void begin(struct place *place, const char *text) {
    memcpy(place->folder, "/tmp/hr-watch-XXXXXX", sizeof "/tmp/hr-watch-XXXXXX");
    cr_assert(mkdtemp(place->folder));
    snprintf(place->path, sizeof place->path, "%s/service.yaml", place->folder);
    if (text) write_text(place->path, text);
    place->files[0] = place->path;
    place->load.files = place->files;
    place->load.file_count = 1;
    place->load.no_environment = true;
    place->options.load = &place->load;
    place->options.on_change = on_change;
    place->options.on_refused = on_refused;
    place->options.user = place;
}

static void open_place(struct place *place) {
    struct hr_error error;
    cr_assert_eq(hr_config_watch_new(&place->options, NULL, &error, &place->watch), 0, "%s",
                 error.message);
    hr_config_reader_open(place->watch, &place->reader);
}

static void end(struct place *place) {
    char command[64];
    hr_config_reader_close(&place->reader);
    hr_config_watch_close(place->watch);
    unlink(place->path);
    snprintf(command, sizeof command, "rm -rf %s", place->folder);
    cr_assert_eq(system(command), 0);
}

static const char *value(struct place *place, const char *path) {
    return hr_config_text(hr_config_find(hr_config_read(&place->reader), path)).data;
}

/* Polls as a loop would, until it says that it has reloaded, or failed to. */
static int wait_for_reload(struct place *place) {
    struct pollfd fd = {.fd = hr_config_watch_fd(place->watch), .events = POLLIN};
    for (;;) {
        cr_assert_eq(poll(&fd, 1, PATIENCE_MS), 1, "nothing was told");
        int result = hr_config_watch_poll(place->watch);
        if (result) return result;
    }
}

Test(config_watch, a_file_that_is_written_is_read_again) {
    struct place place = {.folder = ""};
    begin(&place, "a: 1\nb: {c: 2, d: 3}\nl: [1, 2]\n");
    open_place(&place);
    const hr_config *before = hr_config_hold(hr_config_read(&place.reader));
    write_text(place.path, "a: 10\nb: {c: 2, e: 4}\nl: [1, 3]\n");
    cr_assert_eq(wait_for_reload(&place), 1);
    cr_assert_str_eq(value(&place, "a"), "10");
    cr_assert_str_eq(place.told, "a b.e+ l b.d- ");
    cr_assert_str_eq(hr_config_text(hr_config_find(before, "a")).data, "1",
                     "who holds the old one keeps it");
    hr_config_free((hr_config *)before);
    end(&place);
}

Test(config_watch, a_bad_file_leaves_the_old_one_and_says_why_once) {
    struct place place = {.folder = ""};
    begin(&place, "a: 1\n");
    open_place(&place);
    write_text(place.path, "a: [1\n");
    cr_assert_eq(wait_for_reload(&place), HR_ERR_CONFIG);
    cr_assert_eq(hr_config_watch_poll(place.watch), 0);
    cr_assert_eq(place.refused, 1);
    cr_assert_str_eq(value(&place, "a"), "1");
    write_text(place.path, "a: 22\n");
    cr_assert_eq(wait_for_reload(&place), 1);
    cr_assert_str_eq(value(&place, "a"), "22");
    end(&place);
}

Test(config_watch, a_rename_into_its_place) {
    struct place place = {.folder = ""};
    char other[64];
    begin(&place, "a: 1\n");
    open_place(&place);
    snprintf(other, sizeof other, "%s/.service.yaml.swp", place.folder);
    write_text(other, "a: 2\n");
    cr_assert_eq(rename(other, place.path), 0);
    cr_assert_eq(wait_for_reload(&place), 1);
    cr_assert_str_eq(value(&place, "a"), "2");
    end(&place);
}

Test(config_watch, a_file_that_is_away_for_a_moment) {
    struct place place = {.folder = ""};
    begin(&place, "a: 1\n");
    open_place(&place);
    unlink(place.path);
    cr_assert_eq(hr_config_watch_poll(place.watch), 0, "no error: it may come back");
    cr_assert_eq(place.refused, 0);
    write_text(place.path, "a: 3\n");
    cr_assert_eq(wait_for_reload(&place), 1);
    cr_assert_str_eq(value(&place, "a"), "3");
    end(&place);
}

/* service.yaml → ..data/service.yaml, ..data → ..N, as a mounted ConfigMap has it. */
static void swap(const struct place *place, unsigned number, const char *text) {
    char folder[96], path[128], link[64], data[64];
    snprintf(folder, sizeof folder, "%s/..%u", place->folder, number);
    cr_assert_eq(mkdir(folder, 0700), 0);
    snprintf(path, sizeof path, "%s/service.yaml", folder);
    write_text(path, text);
    snprintf(link, sizeof link, "%s/..data_tmp", place->folder);
    snprintf(data, sizeof data, "%s/..data", place->folder);
    cr_assert_eq(symlink(strrchr(folder, '/') + 1, link), 0);
    cr_assert_eq(rename(link, data), 0);
}

Test(config_watch, links_that_are_exchanged_as_kubernetes_does) {
    struct place place = {.folder = ""};
    begin(&place, NULL);
    swap(&place, 1, "a: 1\n");
    cr_assert_eq(symlink("..data/service.yaml", place.path), 0);
    open_place(&place);
    cr_assert_str_eq(value(&place, "a"), "1");
    swap(&place, 2, "a: 2\n");
    cr_assert_eq(wait_for_reload(&place), 1);
    cr_assert_str_eq(value(&place, "a"), "2");
    end(&place);
}

Test(config_watch, a_thousand_exchanges_end_at_the_last) {
    struct place place = {.folder = ""};
    char text[32];
    begin(&place, NULL);
    swap(&place, 0, "a: 0\n");
    cr_assert_eq(symlink("..data/service.yaml", place.path), 0);
    open_place(&place);
    for (unsigned i = 1; i <= 1000; i++) {
        snprintf(text, sizeof text, "a: %u\n", i);
        swap(&place, i, text);
        if (i % 7 == 0) hr_config_watch_poll(place.watch);
    }
    while (strcmp(value(&place, "a"), "1000") != 0) wait_for_reload(&place);
    cr_assert_eq(place.refused, 0);
    end(&place);
}

Test(config_watch, asked_to_reload_it_does_so_without_a_change) {
    struct place place = {.folder = ""};
    struct hr_error error;
    begin(&place, "a: 1\n");
    open_place(&place);
    const hr_config *before = hr_config_read(&place.reader);
    cr_assert_eq(hr_config_watch_reload(place.watch, NULL, &error), 0);
    cr_assert_neq(hr_config_read(&place.reader), before);
    cr_assert_str_eq(place.told, "", "nothing is another");
    write_text(place.path, "a: *b\n");
    hr_config_problems *problems = NULL;
    cr_assert_eq(hr_config_watch_reload(place.watch, &problems, &error), HR_ERR_CONFIG);
    cr_assert_eq(hr_config_problems_count(problems), 1);
    cr_assert_eq(place.refused, 0, "who asks has the answer");
    cr_assert_str_eq(value(&place, "a"), "1");
    hr_config_problems_free(problems);
    end(&place);
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
    begin(&place, "level: 2\n");
    place.load.schema = &schema;
    open_place(&place);
    write_text(place.path, "threads: 10\nlevel: 10\n");
    cr_assert_eq(wait_for_reload(&place), 1);
    const struct service *service = hr_config_values(hr_config_read(&place.reader));
    cr_assert(service->threads == 10 && service->level == 10);
    cr_assert(strcmp(place.told, "threads! level ") == 0 ||
                  strcmp(place.told, "level threads! ") == 0,
              "%s", place.told);
    end(&place);
}

Test(config_watch, a_first_load_that_fails_makes_none) {
    struct place place = {.folder = ""};
    struct hr_error error;
    hr_config_problems *problems = NULL;
    begin(&place, "a: [\n");
    cr_assert_eq(hr_config_watch_new(&place.options, &problems, &error, &place.watch),
                 HR_ERR_CONFIG);
    cr_assert_null(place.watch);
    cr_assert_eq(hr_config_problems_count(problems), 1);
    hr_config_problems_free(problems);
    end(&place);
}

Test(config_watch, secrets_and_env_files_are_watched_too) {
    struct place place = {.folder = ""};
    char secrets[64], secret[80], env[64];
    begin(&place, "a: 1\n");
    snprintf(secrets, sizeof secrets, "%s/secrets", place.folder);
    snprintf(secret, sizeof secret, "%s/password", secrets);
    snprintf(env, sizeof env, "%s/.env", place.folder);
    cr_assert_eq(mkdir(secrets, 0700), 0);
    write_text(secret, "one");
    write_text(env, "ESPER_USER=me\n");
    const char *env_files[] = {env};
    place.load.env_files = env_files;
    place.load.env_file_count = 1;
    place.load.secrets_folder = secrets;
    open_place(&place);
    cr_assert_str_eq(value(&place, "password"), "one");
    write_text(secret, "another");
    cr_assert_eq(wait_for_reload(&place), 1);
    cr_assert_str_eq(value(&place, "password"), "another");
    write_text(env, "ESPER_USER=somebody\n");
    cr_assert_eq(wait_for_reload(&place), 1);
    cr_assert_str_eq(value(&place, "user"), "somebody");
    cr_assert_str_eq(place.told, "password user ");
    end(&place);
}

/* What the reader has, while on_change is told. */
static void read_in_callback(void *user, const struct hr_config_change *changes, size_t count) {
    struct place *place = user;
    cr_assert_eq(count, 1);
    cr_assert_str_eq(hr_config_text(changes[0].before).data, "1", "the old one is still there");
    snprintf(place->told, sizeof place->told, "%s", value(place, "a"));
}

Test(config_watch, who_is_told_finds_the_new_one_in_force) {
    struct place place = {.folder = ""};
    struct hr_error error;
    begin(&place, "a: 1\n");
    place.options.on_change = read_in_callback;
    open_place(&place);
    cr_assert_str_eq(value(&place, "a"), "1");
    write_text(place.path, "a: 2\n");
    cr_assert_eq(hr_config_watch_reload(place.watch, NULL, &error), 0);
    cr_assert_str_eq(place.told, "2");
    end(&place);
}

/* As a file that root has written, and only then lets others read. */
Test(config_watch, a_file_whose_mode_alone_has_changed_is_read_again) {
    struct place place = {.folder = ""};
    begin(&place, "a: 1\n");
    open_place(&place);
    cr_assert_eq(hr_config_watch_poll(place.watch), 0);
    cr_assert_eq(chmod(place.path, 0640), 0);
    cr_assert_eq(wait_for_reload(&place), 1);
    end(&place);
}

Test(config_watch, an_empty_map_that_comes_or_goes_is_told) {
    struct place place = {.folder = ""};
    struct hr_error error;
    begin(&place, "a: {}\nb: 1\n");
    open_place(&place);
    write_text(place.path, "c: {}\nb: 1\n");
    cr_assert_eq(hr_config_watch_reload(place.watch, NULL, &error), 0);
    cr_assert_str_eq(place.told, "c+ a- ");
    end(&place);
}
