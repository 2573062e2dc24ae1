/* Reloads under readers: four threads read two values that every file has alike, while a fifth
 * writes and reloads. Nobody may see half of a configuration. usage: stress_config [RELOADS] */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/config_schema.h>
#include <headrace/config_watch.h>

#define READERS         4
#define RELOADS_DEFAULT 10000

struct pair {
    uint64_t first, second;
    const char *text;
};

static const struct hr_config_field fields[] = {
    HR_FIELD(struct pair, first, HR_UINT),
    HR_FIELD(struct pair, second, HR_UINT),
    HR_FIELD(struct pair, text, HR_STRING),
};
static const struct hr_config_schema schema = HR_SCHEMA(struct pair, fields);

static hr_config_watch *watch;
static atomic_bool over;
static atomic_ulong reads, torn, seen;

static void *read_on(void *unused) {
    struct hr_config_reader reader;
    uint64_t last = 0;
    hr_config_reader_open(watch, &reader);
    while (!atomic_load(&over)) {
        const hr_config *config = hr_config_read(&reader);
        const struct pair *pair = hr_config_values(config);
        uint64_t found = 0;
        hr_config_u64(hr_config_find(config, "second"), &found);
        if (pair->first != pair->second || strtoull(pair->text, NULL, 10) != pair->first ||
            found != pair->first || pair->first < last)
            atomic_fetch_add(&torn, 1);
        atomic_fetch_add(&seen, pair->first != last);
        last = pair->first;
        atomic_fetch_add(&reads, 1);
    }
    hr_config_reader_close(&reader);
    return unused;
}

static int write_file(const char *path, unsigned long number) {
    FILE *file = fopen(path, "w");
    if (!file) return -1;
    fprintf(file, "first: %lu\nsecond: %lu\ntext: '%lu'\n", number, number, number);
    return fclose(file);
}

int main(int argc, char **argv) {
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : RELOADS_DEFAULT;
    char path[] = "/tmp/hr-stress-XXXXXX";
    const char *files[] = {path};
    const struct hr_config_options load = {
        .files = files, .file_count = 1, .no_environment = true, .schema = &schema};
    const struct hr_config_watch_options options = {.load = &load};
    struct hr_error error;
    pthread_t threads[READERS];
    int fd = mkstemp(path);
    if (fd < 0 || close(fd) || write_file(path, 0)) return 1;
    if (hr_config_watch_new(&options, NULL, &error, &watch)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    for (int i = 0; i < READERS; i++) pthread_create(&threads[i], NULL, read_on, NULL);
    int err = 0;
    for (unsigned long i = 1; !err && i <= count; i++)
        err = write_file(path, i) ? -1 : hr_config_watch_reload(watch, NULL, &error);
    atomic_store(&over, true);
    for (int i = 0; i < READERS; i++) pthread_join(threads[i], NULL);
    hr_config_watch_close(watch);
    unlink(path);
    printf("%lu reloads, %lu reads, %lu new configurations seen, %lu torn\n", count,
           atomic_load(&reads), atomic_load(&seen), atomic_load(&torn));
    if (err) fprintf(stderr, "%s\n", error.message);
    return err || atomic_load(&torn) ? 1 : 0;
}
