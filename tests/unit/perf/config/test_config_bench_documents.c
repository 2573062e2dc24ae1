/* The files of bench config have as many keys as their names say, and are what its schema wants. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_bench_documents.h"
#include "config_bench_schema.h"

static struct perf_config_files files;

static void write_files(void) {
    snprintf(files.folder, sizeof files.folder, "/tmp/headrace-unit-XXXXXX");
    cr_assert_not_null(mkdtemp(files.folder));
    cr_assert_eq(perf_config_files_write(&files), 0);
}

static void remove_files(void) {
    perf_config_files_remove(&files);
    cr_expect_neq(access(files.folder, F_OK), 0, "%s is still there", files.folder);
}

TestSuite(config_bench_documents, .init = write_files, .fini = remove_files);

static hr_config *load(enum perf_config_document document, const char *const *environment,
                       bool schema) {
    static const char *const none[] = {NULL};
    const char *path = files.paths[document];
    const struct hr_config_options options = {.files = &path,
                                              .file_count = 1,
                                              .prefix = PERF_CONFIG_PREFIX,
                                              .environment = environment ? environment : none,
                                              .schema = schema ? &perf_config_schema : NULL};
    hr_config *config = NULL;
    struct hr_error error;
    cr_assert_eq(hr_config_load(&options, NULL, &error, &config), 0, "%s", error.message);
    return config;
}

/* Scalars, by a walk over the tree. */
static uint32_t count_keys(const struct hr_config_node *root) {
    const struct hr_config_node *node = root;
    uint32_t count = 0;
    while (node) {
        const struct hr_config_node *next = hr_config_first(node);
        count += hr_config_type_of(node) < HR_CONFIG_LIST;
        while (!next && node != root && !(next = hr_config_next(node)))
            node = hr_config_parent(node);
        if (node == root && !next) break;
        node = next;
    }
    return count;
}

Test(config_bench_documents, each_has_as_many_keys_as_it_says) {
    for (unsigned i = 0; i < PERF_CONFIG_DOCUMENTS; i++) {
        uint32_t keys = perf_config_document_keys((enum perf_config_document)i);
        hr_config *config = load((enum perf_config_document)i, NULL, false);
        cr_expect_eq(count_keys(hr_config_root(config)),
                     i == PERF_CONFIG_RELOADED ? keys + 2 : keys, "%s", files.paths[i]);
        hr_config_free(config);
    }
    cr_expect_eq(perf_config_document_keys(PERF_CONFIG_LARGE), 10000);
}

Test(config_bench_documents, the_schema_takes_all_that_are_loaded_with_it) {
    for (unsigned i = 0; i < PERF_CONFIG_DOCUMENTS; i++) {
        if (i == PERF_CONFIG_FLAT_1000 || i == PERF_CONFIG_FLAT_10000) continue;
        hr_config *config = load((enum perf_config_document)i, NULL, true);
        cr_expect_not_null(hr_config_values(config));
        hr_config_free(config);
    }
    hr_config *config = load(PERF_CONFIG_ENTRIES_500, NULL, true);
    const struct perf_config_values *values = hr_config_values(config);
    cr_expect_eq(values->entries.count, 500);
    cr_expect_str_eq(values->name, "bench");
    hr_config_free(config);
}

Test(config_bench_documents, a_hundred_variables_reach_a_hundred_keys) {
    static char texts[100][PERF_CONFIG_VARIABLE];
    const char *environment[101] = {NULL};
    for (uint32_t i = 0; i < 100; i++) {
        perf_config_variable(i, texts[i]);
        environment[i] = texts[i];
    }
    cr_expect_str_eq(texts[18], "HR_BENCH_CONFIG_SERVICES__SERVICE_0001__POOL__SIZE=2");
    cr_expect_str_eq(texts[19], "HR_BENCH_CONFIG_SERVICES_SERVICE_0001_POOL_IDLE=1m");
    hr_config *config = load(PERF_CONFIG_KEYS_100, environment, true);
    for (uint32_t i = 0; i < 100; i++) {
        char path[PERF_CONFIG_PATH];
        struct hr_config_origin origin;
        perf_config_path(i, path);
        const struct hr_config_node *node = hr_config_find(config, path);
        cr_assert_not_null(node, "%s", path);
        hr_config_origin_of(config, node, &origin);
        cr_expect_eq(origin.kind, HR_CONFIG_FROM_VARIABLE, "%s", path);
    }
    hr_config_free(config);
}

Test(config_bench_documents, a_revision_stands_at_both_ends) {
    cr_assert_eq(perf_config_files_revise(&files, 7), 0);
    hr_config *config = load(PERF_CONFIG_RELOADED, NULL, true);
    const struct perf_config_values *values = hr_config_values(config);
    cr_expect(values->revision == 7 && values->revision_again == 7);
    hr_config_free(config);
}
