/* A load: files, then variables, then settings, and what it all comes to. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <base/reserved.h>
#include <headrace/text.h>

#include "config_bind.h"
#include "config_documents.h"
#include "config_hide.h"
#include "config_snapshot.h"
#include "config_sources.h"
#include "config_table_check.h"

#define FILE_BYTES_MAX  ((size_t)16 << 20)
#define DEPTH_DEFAULT   64
#define DEPTH_CEILING   1000
#define NODES_MAX       1000000
#define ALIAS_NODES_MAX 100000
#define PROBLEMS_MAX    100
#define PIPE_WAIT_MS    5000
#define MESSAGE_SIZE    512

/* ---- Settings. */

static void take_set(struct hr__config_load *load, const char *given) {
    const char *equals = strchr(given, '=');
    struct hr_slice path = hr_slice_of(given);
    if (equals) path.size = (size_t)(equals - given);
    uint32_t source = hr__config_source_add(load, HR_CONFIG_FROM_SET, path);
    struct hr__config_place place = hr__config_all_of(source);
    if (load->no_memory) return;
    if (!equals || equals == given || !hr_utf8_valid(hr_slice_of(given))) {
        hr__config_refuse(load, place, NULL, hr_slice_bytes(NULL, 0),
                          "a setting is PATH=VALUE, in UTF-8");
        return;
    }
    const struct hr__config_assignment assignment = {
        .place = place, .text = hr_slice_of(equals + 1), .level = HR__CONFIG_SETS};
    hr__config_assign_path(load, hr_slice_bytes(given, (size_t)(equals - given)), &assignment);
}

/* ---- All of it. */

static void ensure_root(struct hr__config_load *load) {
    if (load->tree.root || load->no_memory) return;
    load->tree.root = hr__config_node_new(&load->tree, HR_CONFIG_MAP,
                                          (struct hr__config_place){.source = UINT32_MAX});
    if (!load->tree.root) load->no_memory = true;
}

static void read_env_files(struct hr__config_load *load) {
    for (size_t i = 0; i < load->options->env_file_count && !load->no_memory; i++)
        hr__config_env_file_read(load, load->options->env_files[i]);
    if (!load->no_memory) hr__config_variables_sort(load, &load->env_files);
}

static void take_all(struct hr__config_load *load) {
    const struct hr_config_options *options = load->options;
    if (options->schema) hr__config_formers_take(load);
    read_env_files(load); /* first, as references of the files look into them */
    if (!load->no_memory) hr__config_take_files(load);
    ensure_root(load);
    if (options->secrets_folder && !load->no_memory) hr__config_take_secrets(load);
    if (!load->no_memory) hr__config_take_env_files(load);
    if (!options->no_environment && !load->no_memory) hr__config_take_environment(load);
    for (size_t i = 0; i < options->set_count && !load->no_memory; i++)
        take_set(load, options->sets[i]);
    if (options->schema && !load->no_memory) hr__config_bind(load, options->schema, &load->values);
    hr__config_secrets_judge(load);
    if (options->schema) hr__config_hide_secrets(load, options->schema);
    hr__config_close(load->problems);
}

static struct hr_config_limits limits_of(const struct hr_config_limits *given) {
    struct hr_config_limits limits = *given;
    if (!limits.file_bytes_max) limits.file_bytes_max = FILE_BYTES_MAX;
    if (!limits.depth_max) limits.depth_max = DEPTH_DEFAULT;
    if (!limits.nodes_max) limits.nodes_max = NODES_MAX;
    if (!limits.alias_nodes_max) limits.alias_nodes_max = ALIAS_NODES_MAX;
    if (!limits.problems_max) limits.problems_max = PROBLEMS_MAX;
    if (!limits.pipe_wait_ms) limits.pipe_wait_ms = PIPE_WAIT_MS;
    return limits;
}

/* A part of a file's name, and nothing that leads elsewhere. */
static bool is_profile(const char *profile) {
    for (const char *at = profile; *at; at++)
        if (!(*at >= 'a' && *at <= 'z') && !(*at >= 'A' && *at <= 'Z') &&
            !(*at >= '0' && *at <= '9') && *at != '-' && *at != '_')
            return false;
    return *profile;
}

static int check(const struct hr_config_options *options, struct hr_error *error) {
    const struct hr_config_limits *limits = &options->limits;
    if (!hr__is_zero(options->reserved, sizeof options->reserved) ||
        !hr__is_zero(limits->reserved, sizeof limits->reserved))
        return hr_error_set(error, -EINVAL, "reserved has to be zero");
    if (limits->depth_max > DEPTH_CEILING)
        return hr_error_set(error, -EINVAL, "limits.depth_max is %u, and at most %d",
                            limits->depth_max, DEPTH_CEILING);
    if ((options->file_count && !options->files) || (options->set_count && !options->sets) ||
        (options->env_file_count && !options->env_files))
        return hr_error_set(error, -EINVAL,
                            "files, env_files or sets is NULL, and its count is not 0");
    if (options->prefix && !*options->prefix)
        return hr_error_set(error, -EINVAL, "prefix is empty: all variables would be settings");
    if (options->profile && !is_profile(options->profile))
        return hr_error_set(error, -EINVAL, "profile is a word of letters, digits, - and _");
    return options->schema ? hr__config_tables_check(options->schema, error) : 0;
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
    if (load->faulty) return hr_error_set(error, -EINVAL, "%s", load->faulty);
    if (load->problems->errors) return say(load->problems, error);
    /* An error that there was no memory to keep is one all the same. */
    if (load->no_memory || load->problems->incomplete)
        return hr_error_set(error, -ENOMEM, "no memory for the configuration");
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

int hr_config_load(const struct hr_config_options *options, hr_config_problems **problems,
                   struct hr_error *error, hr_config **config) {
    return hr__config_load_seen(options, problems, error, config, NULL);
}

int hr__config_load_seen(const struct hr_config_options *given, hr_config_problems **problems,
                         struct hr_error *error, hr_config **config,
                         struct hr__config_prints *seen) {
    static const struct hr_config_options none = {.files = NULL};
    const struct hr_config_options *options = given ? given : &none;
    if (problems) *problems = NULL;
    int err = check(options, error);
    if (err) return err;
    struct hr__config_load load = {
        .options = options, .limits = limits_of(&options->limits), .seen = seen};
    static const char *const nothing[] = {NULL}; /* clearenv leaves no table at all */
    load.environment = options->environment ? options->environment : (const char *const *)environ;
    if (!load.environment) load.environment = nothing;
    load.problems = calloc(1, sizeof *load.problems);
    if (!load.problems) return hr_error_set(error, -ENOMEM, "no memory for the configuration");
    load.problems->count_max = load.limits.problems_max;
    hr__config_tree_init(&load.tree, load.limits.nodes_max);
    take_all(&load);
    forget_files(&load);
    err = end(&load, error, config);
    hr__config_tree_free(&load.tree);
    free(load.sources);
    free(load.env_files.items);
    hr__config_arena_free(&load.scratch);
    if (problems && hr_config_problems_count(load.problems))
        *problems = load.problems;
    else
        hr_config_problems_free(load.problems);
    return err;
}
