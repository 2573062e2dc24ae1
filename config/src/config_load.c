/* A load: files, then variables, then settings, and what it all comes to. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <base/reserved.h>
#include <headrace/text.h>

#include "config_bind.h"
#include "config_snapshot.h"
#include "config_sources.h"
#include "yaml_reader.h"

#define FILE_BYTES_MAX  ((size_t)16 << 20)
#define DEPTH_DEFAULT   64
#define DEPTH_CEILING   1000
#define NODES_MAX       1000000
#define ALIAS_NODES_MAX 100000
#define PROBLEMS_MAX    100
#define PATH_SIZE       256
#define MESSAGE_SIZE    512
#define PREFIX          "ESPER_"

/* ---- Files. */

static void take_document(struct hr__config_load *load, uint32_t source,
                          struct hr_config_node *root, struct hr_slice text) {
    if (!root || root->type == HR_CONFIG_NULL) return; /* an empty file */
    if (root->type != HR_CONFIG_MAP) {
        hr__config_refuse(load, source, root, text, "a configuration is a map of keys and values");
        return;
    }
    if (load->options->substitute) hr__config_substitute(load, root, source, text);
    hr__config_merge(load, root);
}

static void read_document(struct hr__config_load *load, uint32_t source, struct hr_slice text) {
    const struct hr__yaml_options options = {
        .tree = &load->tree,
        .problems = load->problems,
        .name = load->sources[source].name,
        .text = text,
        .source = source,
        .depth_max = load->limits.depth_max,
        .alias_nodes_max = load->limits.alias_nodes_max,
        .warn_old = load->options->warn_old_yaml,
    };
    struct hr_config_node *root;
    int err = hr__yaml_read(&options, &root);
    if (err == -ENOMEM) load->no_memory = true;
    if (!err) take_document(load, source, root, text);
}

static void load_file(struct hr__config_load *load, const char *path) {
    uint32_t source = hr__config_source_add(load, HR_CONFIG_FROM_FILE, path);
    struct hr_error error;
    char *data;
    size_t size;
    if (load->no_memory) return;
    if (hr__config_file_read(path, load->limits.file_bytes_max, &data, &size, &error)) {
        hr__config_refuse(load, source, NULL, hr_slice_bytes(NULL, 0), "%s", error.message);
        return;
    }
    load->sources[source].data = data;
    load->sources[source].size = size;
    read_document(load, source, hr_slice_bytes(data, size));
}

/* ---- Variables and settings. */

static bool has_prefix(const char *variable, struct hr_slice prefix) {
    return strlen(variable) >= prefix.size &&
           hr_slice_equal_nocase(hr_slice_bytes(variable, prefix.size), prefix);
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void take_variable(struct hr__config_load *load, const char *variable, size_t prefix) {
    const char *equals = strchr(variable, '=');
    struct hr_slice name = hr_slice_bytes(variable, (size_t)(equals - variable));
    struct hr_slice text = hr_slice_of(equals + 1);
    if (text.size == 0 && !load->options->empty_is_value) return;
    char *shown = strndup(name.data, name.size);
    if (!shown) {
        load->no_memory = true;
        return;
    }
    uint32_t source = hr__config_source_add(load, HR_CONFIG_FROM_VARIABLE, shown);
    free(shown);
    if (!hr_utf8_valid(name) || !hr_utf8_valid(text)) {
        hr__config_refuse(load, source, NULL, hr_slice_bytes(NULL, 0),
                          "its name or value is not UTF-8");
        return;
    }
    const struct hr__config_assignment assignment = {.source = source, .text = text, .lower = true};
    hr__config_assign_variable(load, hr_slice_bytes(name.data + prefix, name.size - prefix),
                               &assignment);
}

/* In the order of their names, so that the order of the environment does not matter. */
static void take_variables(struct hr__config_load *load) {
    struct hr_slice prefix = hr_slice_of(load->options->prefix ? load->options->prefix : PREFIX);
    size_t all = 0, count = 0;
    while (load->environment[all]) all++;
    const char **found = all ? calloc(all, sizeof *found) : NULL;
    if (all && !found) {
        load->no_memory = true;
        return;
    }
    for (size_t i = 0; i < all; i++)
        if (has_prefix(load->environment[i], prefix) && strchr(load->environment[i], '='))
            found[count++] = load->environment[i];
    if (count > 0) qsort(found, count, sizeof *found, by_name);
    for (size_t i = 0; i < count && !load->no_memory; i++)
        take_variable(load, found[i], prefix.size);
    free(found);
}

static void take_set(struct hr__config_load *load, const char *given) {
    uint32_t source = hr__config_source_add(load, HR_CONFIG_FROM_SET, given);
    const char *equals = strchr(given, '=');
    if (load->no_memory) return;
    if (!equals || equals == given || !hr_utf8_valid(hr_slice_of(given))) {
        hr__config_refuse(load, source, NULL, hr_slice_bytes(NULL, 0),
                          "a setting is PATH=VALUE, in UTF-8");
        return;
    }
    const struct hr__config_assignment assignment = {.source = source,
                                                     .text = hr_slice_of(equals + 1)};
    hr__config_assign_path(load, hr_slice_bytes(given, (size_t)(equals - given)), &assignment);
}

/* ---- All of it. */

static void ensure_root(struct hr__config_load *load) {
    if (load->tree.root || load->no_memory) return;
    load->tree.root = hr__config_node_new(&load->tree, HR_CONFIG_MAP,
                                          (struct hr__config_place){.source = UINT32_MAX});
    if (!load->tree.root) load->no_memory = true;
}

static void take_all(struct hr__config_load *load) {
    const struct hr_config_options *options = load->options;
    for (size_t i = 0; i < options->file_count && !load->no_memory; i++)
        load_file(load, options->files[i]);
    ensure_root(load);
    if (!options->no_environment && !load->no_memory) take_variables(load);
    for (size_t i = 0; i < options->set_count && !load->no_memory; i++)
        take_set(load, options->sets[i]);
    if (options->schema && !load->no_memory) hr__config_bind(load, options->schema, &load->values);
    hr__config_close(load->problems);
}

static struct hr_config_limits limits_of(const struct hr_config_limits *given) {
    struct hr_config_limits limits = *given;
    if (!limits.file_bytes_max) limits.file_bytes_max = FILE_BYTES_MAX;
    if (!limits.depth_max) limits.depth_max = DEPTH_DEFAULT;
    if (!limits.nodes_max) limits.nodes_max = NODES_MAX;
    if (!limits.alias_nodes_max) limits.alias_nodes_max = ALIAS_NODES_MAX;
    if (!limits.problems_max) limits.problems_max = PROBLEMS_MAX;
    return limits;
}

static int check(const struct hr_config_options *options, struct hr_error *error) {
    const struct hr_config_limits *limits = &options->limits;
    if (!hr__is_zero(options->reserved, sizeof options->reserved) ||
        !hr__is_zero(limits->reserved, sizeof limits->reserved))
        return hr_error_set(error, -EINVAL, "reserved has to be zero");
    if (limits->depth_max > DEPTH_CEILING)
        return hr_error_set(error, -EINVAL, "limits.depth_max is %u, and at most %d",
                            limits->depth_max, DEPTH_CEILING);
    if ((options->file_count && !options->files) || (options->set_count && !options->sets))
        return hr_error_set(error, -EINVAL, "files or sets is NULL, and its count is not 0");
    if (options->prefix && !*options->prefix)
        return hr_error_set(error, -EINVAL, "prefix is empty: all variables would be settings");
    return 0;
}

/* The first error, and how many there are. */
static int say(const hr_config_problems *problems, struct hr_error *error) {
    const struct hr_config_problem *first = NULL;
    char text[MESSAGE_SIZE];
    for (size_t i = 0; !first || first->severity != HR_CONFIG_ERROR; i++) {
        first = hr_config_problems_at(problems, i);
        if (!first) return hr_error_set(error, HR_ERR_CONFIG, "%s", hr_error_text(HR_ERR_CONFIG));
    }
    hr_config_problem_text(first, text, sizeof text);
    text[strcspn(text, "\n")] = '\0';
    size_t more = problems->errors - 1;
    if (more == 0) return hr_error_set(error, HR_ERR_CONFIG, "%s", text);
    return hr_error_set(error, HR_ERR_CONFIG, "%zu errors, the first: %s", more + 1, text);
}

static void forget_files(const struct hr__config_load *load) {
    for (uint32_t i = 0; i < load->source_count; i++) {
        if (load->sources[i].data) explicit_bzero(load->sources[i].data, load->sources[i].size);
        free(load->sources[i].data);
        load->sources[i].data = NULL;
        load->sources[i].size = 0;
    }
}

static int end(struct hr__config_load *load, struct hr_error *error, hr_config **config) {
    if (load->problems->errors) return say(load->problems, error);
    if (load->no_memory) return hr_error_set(error, -ENOMEM, "no memory for the configuration");
    hr_config *made = calloc(1, sizeof *made);
    if (!made) return hr_error_set(error, -ENOMEM, "no memory for the configuration");
    made->owners = 1;
    made->tree = load->tree;
    made->sources = load->sources;
    made->source_count = load->source_count;
    made->values = load->values;
    load->tree = (struct hr__config_tree){.root = NULL};
    load->sources = NULL;
    *config = made;
    return 0;
}

int hr_config_load(const struct hr_config_options *given, hr_config_problems **problems,
                   struct hr_error *error, hr_config **config) {
    static const struct hr_config_options none = {.files = NULL};
    const struct hr_config_options *options = given ? given : &none;
    if (problems) *problems = NULL;
    int err = check(options, error);
    if (err) return err;
    struct hr__config_load load = {.options = options, .limits = limits_of(&options->limits)};
    load.environment = options->environment ? options->environment : (const char *const *)environ;
    load.problems = calloc(1, sizeof *load.problems);
    if (!load.problems) return hr_error_set(error, -ENOMEM, "no memory for the configuration");
    load.problems->count_max = load.limits.problems_max;
    hr__config_tree_init(&load.tree, load.limits.nodes_max);
    take_all(&load);
    forget_files(&load);
    err = end(&load, error, config);
    hr__config_tree_free(&load.tree);
    free(load.sources);
    if (problems && hr_config_problems_count(load.problems))
        *problems = load.problems;
    else
        hr_config_problems_free(load.problems);
    return err;
}
