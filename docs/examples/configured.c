/* A program's configuration: a struct, its table, a file, variables, reloads under a reader. */
#include <stdio.h>
#include <stdlib.h>

#include <headrace/config_schema.h>
#include <headrace/config_watch.h>

struct service {
    const char *name;
    uint32_t workers, idle_ms;
    struct hr_config_items hosts;
};
static const struct hr_config_field fields[] = {
    HR_FIELD(struct service, name, HR_STRING, .required = true),
    HR_FIELD(struct service, workers, HR_UINT, .default_value = "4", .min = 1, .max = 64),
    HR_FIELD(struct service, idle_ms, HR_DURATION, .default_value = "30s"),
    HR_FIELD(struct service, hosts, HR_LIST, HR_ITEMS(const char *, HR_STRING)),
};
static const struct hr_config_schema schema = HR_SCHEMA(struct service, fields);

static void show(struct hr_config_reader *reader) {
    const struct service *service = hr_config_values(hr_config_read(reader));
    printf("%s: %u workers, idle for %u ms, %zu hosts\n", service->name, service->workers,
           service->idle_ms, service->hosts.count);
}

static void on_change(void *user, const struct hr_config_change *changes, size_t count) {
    for (size_t i = 0; i < count; i++) printf("changed: %s\n", changes[i].path);
    (void)user;
}

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    if (file) fputs(text, file), fclose(file);
}

int main(void) {
    const char *files[] = {"configured.yaml"};
    const struct hr_config_options load = {.files = files, .file_count = 1, .schema = &schema};
    const struct hr_config_watch_options options = {.load = &load, .on_change = on_change};
    struct hr_config_reader reader;
    hr_config_watch *watch = NULL;
    struct hr_error error = {0};

    write_file(files[0], "name: tamiyo\nhosts: [a, b]\n");
    setenv("ESPER_IDLE_MS", "1m30s", 1);
    int err = hr_config_watch_new(&options, NULL, &error, &watch);
    if (err) return puts(error.message), 1;
    hr_config_reader_open(watch, &reader);
    show(&reader);
    write_file(files[0],
               "name: tamiyo\nworkers: 0\n"); /* a service would poll hr_config_watch_fd */
    if (hr_config_watch_reload(watch, NULL, &error)) printf("refused: %s\n", error.message);
    write_file(files[0], "name: tamiyo\nworkers: 8\n");
    err = hr_config_watch_reload(watch, NULL, &error);
    show(&reader);
    hr_config_reader_close(&reader);
    hr_config_watch_close(watch);
    return err ? 1 : 0;
}
