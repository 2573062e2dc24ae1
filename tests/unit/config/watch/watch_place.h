/* A watch over a folder of its own, and all that it has told. */
#ifndef HR_TEST_WATCH_PLACE_H
#define HR_TEST_WATCH_PLACE_H

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
    char told[512], why[512];
    unsigned refused, warned;
};

/* Makes the folder, and service.yaml where there is a text. */
void place_begin(struct place *place, const char *text);
/* Opens the watch, and a reader. */
void place_open(struct place *place);
void place_end(struct place *place);

void place_write(const char *path, const char *text);
/* The path of a name in the folder; good for the next three calls. */
const char *place_at(const struct place *place, const char *name);
/* The text at a path of the configuration; "" where there is none. */
const char *place_value(struct place *place, const char *path);
/* Polls as a loop would, until it says that it has reloaded, or failed to. */
int place_wait(struct place *place);

#endif
