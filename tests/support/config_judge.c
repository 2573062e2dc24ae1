/* A schema with a field of every kind, for validators to be compared with the loader.
 * usage: config_judge json|markdown|sample|variables [SCHEMA-FILE]   writes a document of it
 *        config_judge check FILE…                                    a line each: "good" or "bad:
 * why" */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/config_document.h>

enum level { DEBUG = 10, INFO = 20 };

struct pool {
    uint32_t size;
    uint32_t idle_ms;
    uint64_t bytes;
};
struct origin {
    const char *name, *address, *path;
    double weight;
};
struct store {
    const char *bucket;
    uint64_t part;
};
struct service {
    const char *name, *zone, *title, *note, *password, *url, *endpoint, *folder, *code;
    int8_t offset;
    uint16_t port;
    int64_t large;
    uint64_t huge;
    bool debug;
    double rate, factor;
    uint64_t any_ms, between_ms, ticks_s, limit, quota;
    uint16_t small_ms;
    enum level level;
    int mode;
    struct pool pool;
    struct store store, backup;
    struct hr_config_items hosts, ports, waits, origins, services;
    const struct hr_config_node *training, *plugin;
};

static const struct hr_config_choice levels[] = {{"debug", DEBUG}, {"info", INFO}, {NULL, 0}};
static const struct hr_config_choice modes[] = {{"off", 0}, {"1", 1}, {"true", 2}, {NULL, 0}};
static const struct hr_config_field pool_fields[] = {
    HR_FIELD(struct pool, size, HR_UINT, .default_value = "10", .min = 1, .max = 1024,
             .was = "pool_size", .doc = "Connections."),
    HR_FIELD(struct pool, idle_ms, HR_DURATION, .default_value = "1m30s", .restart = true),
    HR_FIELD(struct pool, bytes, HR_SIZE, .default_value = "8MiB"),
};
static const struct hr_config_field store_fields[] = {
    HR_FIELD(struct store, bucket, HR_STRING, .required = true, .pattern = "[a-z0-9.-]{3,63}"),
    HR_FIELD(struct store, part, HR_SIZE, .default_value = "8MiB", .min = 5242880,
             .max = 5368709120),
};
static const struct hr_config_field origin_fields[] = {
    HR_FIELD(struct origin, name, HR_KEY),
    HR_FIELD(struct origin, address, HR_ENDPOINT, .required = true, .doc = "Where it listens."),
    HR_FIELD(struct origin, weight, HR_DOUBLE, .default_value = "1", .min = 0, .max = 10),
    HR_FIELD(struct origin, path, HR_PATH),
};
static const struct hr_config_field list_fields[] = {
    HR_FIELD(struct origin, address, HR_ENDPOINT, .required = true),
    HR_FIELD(struct origin, weight, HR_DOUBLE, .default_value = "1.5"),
};
static const struct hr_config_field fields[] = {
    HR_FIELD(struct service, name, HR_STRING, .required = true, .length_min = 2, .length_max = 16,
             .was = "service_name", .doc = "Of the service | in logs."),
    HR_FIELD(struct service, zone, HR_STRING, .pattern = "[[:lower:]]+-([0-9]|1[0-9])"),
    HR_FIELD(struct service, title, HR_STRING, .default_value = "no: title"),
    HR_FIELD(struct service, note, HR_STRING, .pattern = "(a.c|[^]x-]+?|\\.{2}){1,2}"),
    HR_FIELD(struct service, password, HR_SECRET, .length_min = 8, .default_value = "hidden-one"),
    HR_FIELD(struct service, url, HR_URL),
    HR_FIELD(struct service, endpoint, HR_ENDPOINT, .default_value = "localhost:80"),
    HR_FIELD(struct service, folder, HR_PATH, .default_value = "/var/lib/service"),
    HR_FIELD(struct service, code, HR_URL, .pattern = "https://.*[.]test/"),
    HR_FIELD(struct service, offset, HR_INT, .default_value = "-3"),
    HR_FIELD(struct service, port, HR_UINT, .default_value = "0x1f90"),
    HR_FIELD(struct service, large, HR_INT),
    HR_FIELD(struct service, huge, HR_UINT),
    HR_FIELD(struct service, debug, HR_BOOL, .default_value = "no"),
    HR_FIELD(struct service, rate, HR_DOUBLE, .min = 0, .max = 0.5, .default_value = "0.25"),
    HR_FIELD(struct service, factor, HR_DOUBLE),
    HR_FIELD(struct service, any_ms, HR_DURATION),
    HR_FIELD(struct service, between_ms, HR_DURATION, .min = 100, .max = 3600000,
             .default_value = "30s"),
    HR_FIELD(struct service, ticks_s, HR_DURATION, .unit_ns = 1000000000, .min = 0, .max = 600),
    HR_FIELD(struct service, limit, HR_SIZE, .min = 0, .max = 1 << 20),
    HR_FIELD(struct service, quota, HR_SIZE),
    HR_FIELD(struct service, small_ms, HR_DURATION),
    HR_FIELD(struct service, level, HR_CHOICE, .choices = levels, .default_value = "info"),
    HR_FIELD(struct service, mode, HR_CHOICE, .choices = modes),
    HR_FIELD(struct service, pool, HR_STRUCT, HR_FIELDS(pool_fields), .doc = "Of the database."),
    HR_FIELD(struct service, store, HR_STRUCT, HR_FIELDS(store_fields)),
    HR_FIELD(struct service, backup, HR_STRUCT, HR_FIELDS(store_fields), .optional = true),
    HR_FIELD(struct service, hosts, HR_LIST, HR_ITEMS(const char *, HR_STRING), .length_min = 1,
             .length_max = 3, .default_value = "one,two:2"),
    HR_FIELD(struct service, ports, HR_LIST, HR_ITEMS(uint16_t, HR_UINT), .min = 1024,
             .max = 70000),
    HR_FIELD(struct service, waits, HR_LIST, HR_ITEMS(uint32_t, HR_DURATION), .length_max = 2),
    HR_FIELD(struct service, origins, HR_LIST, HR_ITEMS(struct origin, HR_STRUCT),
             HR_FIELDS(list_fields), .required = true, .length_min = 1, .length_max = 2),
    HR_FIELD(struct service, services, HR_MAP, .item_size = sizeof(struct origin),
             HR_FIELDS(origin_fields), .length_max = 2),
    HR_FIELD(struct service, training, HR_OPEN),
    HR_FIELD(struct service, plugin, HR_OPEN, .required = true),
};
static const struct hr_config_schema schema = {HR_FIELDS(fields), .size = sizeof(struct service),
                                               .title = "A service"};

static int write_document(const char *name, const char *file) {
    static const char *const names[] = {"json", "markdown", "sample", "variables"};
    struct hr_config_document_options options = {.schema_file = file};
    struct hr_error error;
    char *text;
    size_t size;
    while (options.kind < HR_CONFIG_VARIABLES && strcmp(names[options.kind], name) != 0)
        options.kind++;
    if (hr_config_document_write(&schema, &options, &error, &text, &size)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    fwrite(text, 1, size, stdout);
    free(text);
    return 0;
}

static void judge(const char *path) {
    const struct hr_config_options options = {
        .files = &path, .file_count = 1, .no_environment = true, .schema = &schema};
    struct hr_error error;
    hr_config *config = NULL;
    if (hr_config_load(&options, NULL, &error, &config))
        printf("bad: %s\n", error.message);
    else
        puts("good");
    hr_config_free(config);
}

int main(int count, char **arguments) {
    if (count < 2) return 2;
    if (strcmp(arguments[1], "check") != 0)
        return write_document(arguments[1], count > 2 ? arguments[2] : NULL);
    for (int i = 2; i < count; i++) judge(arguments[i]);
    return 0;
}
