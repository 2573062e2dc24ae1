/* A watch over a folder of its own. */
#include "watch_place.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void place_write(const char *path, const char *text) {
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
    snprintf(place->why, sizeof place->why, "%s", error->message);
    place->refused++;
}

static void on_warned(void *user, const hr_config_problems *problems) {
    struct place *place = user;
    cr_assert_eq(hr_config_problems_of(problems, HR_CONFIG_ERROR), 0);
    cr_assert_gt(hr_config_problems_of(problems, HR_CONFIG_WARNING), 0);
    snprintf(place->why, sizeof place->why, "%s", hr_config_problems_at(problems, 0)->message);
    place->warned++;
}

void place_begin(struct place *place, const char *text) {
    memcpy(place->folder, "/tmp/hr-watch-XXXXXX", sizeof "/tmp/hr-watch-XXXXXX");
    cr_assert(mkdtemp(place->folder));
    snprintf(place->path, sizeof place->path, "%s/service.yaml", place->folder);
    if (text) place_write(place->path, text);
    place->files[0] = place->path;
    place->load.files = place->files;
    place->load.file_count = 1;
    place->load.no_environment = true;
    place->options.load = &place->load;
    place->options.on_change = on_change;
    place->options.on_refused = on_refused;
    place->options.on_warned = on_warned;
    place->options.user = place;
}

void place_open(struct place *place) {
    struct hr_error error;
    cr_assert_eq(hr_config_watch_new(&place->options, NULL, &error, &place->watch), 0, "%s",
                 error.message);
    hr_config_reader_open(place->watch, &place->reader);
}

void place_end(struct place *place) {
    char command[64];
    hr_config_reader_close(&place->reader);
    hr_config_watch_close(place->watch);
    unlink(place->path);
    snprintf(command, sizeof command, "rm -rf %s", place->folder);
    cr_assert_eq(system(command), 0);
}

const char *place_value(struct place *place, const char *path) {
    return hr_config_text(hr_config_find(hr_config_read(&place->reader), path)).data;
}

int place_wait(struct place *place) {
    struct pollfd fd = {.fd = hr_config_watch_fd(place->watch), .events = POLLIN};
    for (;;) {
        cr_assert_eq(poll(&fd, 1, PATIENCE_MS), 1, "nothing was told");
        int result = hr_config_watch_poll(place->watch);
        if (result) return result;
    }
}

const char *place_at(const struct place *place, const char *name) {
    static char paths[4][96];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", place->folder, name);
    return path;
}
