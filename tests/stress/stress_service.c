/* A service that reloads while threads read its configuration by hr_config_get, ask for other
 * services, log, and end again. Nobody may see half of a configuration, or one that is gone. usage:
 * stress_service [RELOADS] */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/service.h>

#define THREADS         4
#define LOOKS           50 /* of a thread, before another takes its place */
#define RELOADS_DEFAULT 300

static hr_service *service;
static atomic_bool over;
static atomic_ulong looks, torn;

/* The port of urza is that of the database in each file. */
static void *look(void *unused) {
    char url[HR_ESPER_URL_MAX], expected[64];
    for (unsigned i = 0; i < LOOKS; i++) {
        const hr_config *config = hr_config_get();
        const struct hr_esper *esper = hr_config_values(config);
        snprintf(expected, sizeof expected, "http://urza:%u", esper->database.port);
        if (hr_config_service_url(config, "urza", url, sizeof url) || strcmp(url, expected) != 0)
            atomic_fetch_add(&torn, 1);
        HR_DEBUG(hr_service_log(service), "looked", "port", esper->database.port);
        atomic_fetch_add(&looks, 1);
    }
    return unused;
}

static void *look_on(void *unused) {
    while (!atomic_load(&over)) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, look, NULL)) continue;
        pthread_join(thread, NULL);
    }
    return unused;
}

static int write_file(const char *path, unsigned long number) {
    FILE *file = fopen(path, "w");
    if (!file) return -1;
    fprintf(file,
            "name: stress\nengine: {reactors: 1}\nlogging: {no_console: true, file: %s.log, "
            "level: %s}\ndatabase: {port: %lu}\nservices: {urza: {port: %lu}}\nhttp: {timeout: "
            "%lus}\n",
            path, number % 2 ? "INFO" : "ERROR", number, number, number);
    return fclose(file);
}

int main(int argc, char **argv) {
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : RELOADS_DEFAULT;
    char path[] = "/tmp/hr-stress-XXXXXX", log_path[sizeof path + 4];
    const char *files[] = {path};
    const struct hr_config_options config = {
        .files = files, .file_count = 1, .no_environment = true};
    const struct hr_service_options options = {
        .config = &config, .without_s3 = true, .own_signals = true};
    struct hr_error error;
    pthread_t threads[THREADS];
    int fd = mkstemp(path);
    if (fd < 0 || close(fd) || write_file(path, 1)) return 1;
    if (hr_service_new(&options, NULL, &error, &service)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, look_on, NULL);
    int err = 0;
    for (unsigned long i = 2; !err && i <= count + 1; i++)
        err = write_file(path, i) ? -1
                                  : hr_config_watch_reload(hr_service_watch(service), NULL, &error);
    atomic_store(&over, true);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    if (!err && hr_service_close(service)) err = -1;
    unlink(path);
    snprintf(log_path, sizeof log_path, "%s.log", path);
    unlink(log_path);
    printf("%lu reloads, %lu looks, %lu torn\n", count, atomic_load(&looks), atomic_load(&torn));
    if (err) fprintf(stderr, "%s\n", error.message);
    return err || atomic_load(&torn) ? 1 : 0;
}
