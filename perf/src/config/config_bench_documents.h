/* The files that bench config loads: made, always alike, before it measures. */
#ifndef PERF_CONFIG_BENCH_DOCUMENTS_H
#define PERF_CONFIG_BENCH_DOCUMENTS_H

#include <limits.h>
#include <stdint.h>
#include <stdio.h>

/* A document, which is the name of its file, its form, and how many keys have a value. Entries have
 * two each; sparse ones are services whose other keys have defaults. */
#define PERF_CONFIG_DOCUMENT_LIST(X)                                                               \
    X(SMALL, small, SERVICES, 50)                                                                  \
    X(MEDIUM, medium, SERVICES, 1000)                                                              \
    X(LARGE, large, SERVICES, 10000)                                                               \
    X(KEYS_1, keys_1, NAME, 1)                                                                     \
    X(KEYS_100, keys_100, SERVICES, 100)                                                           \
    X(FLAT_1000, flat_1000, FLAT, 1000)                                                            \
    X(FLAT_10000, flat_10000, FLAT, 10000)                                                         \
    X(ENTRIES_500, entries_500, ENTRIES, 1000)                                                     \
    X(SPARSE_500, sparse_500, SPARSE, 1000)                                                        \
    X(RELOADED, reloaded, REVISED, 1000)
#define PERF_CONFIG_DOCUMENT_TAG(tag, name, form, keys) PERF_CONFIG_##tag,
enum perf_config_document {
    PERF_CONFIG_DOCUMENT_LIST(PERF_CONFIG_DOCUMENT_TAG) PERF_CONFIG_DOCUMENTS
};
#undef PERF_CONFIG_DOCUMENT_TAG

#define PERF_CONFIG_LEAVES 10 /* keys of a service */
#define PERF_CONFIG_PATH   64
#define PERF_CONFIG_PREFIX "HR_BENCH_CONFIG_"

uint32_t perf_config_document_keys(enum perf_config_document document);

/* The path of a key of the services: its number counts from 0. */
void perf_config_path(uint32_t key, char path[PERF_CONFIG_PATH]);

/* A variable that gives such a key another value. Levels stand between "__" in every other one, in
 * the rest between "_" alone. */
#define PERF_CONFIG_VARIABLE 128
void perf_config_variable(uint32_t key, char variable[PERF_CONFIG_VARIABLE]);

/* Writes it; `revision` stands at both ends of the one that is reloaded. */
void perf_config_document_print(enum perf_config_document document, uint32_t revision, FILE *out);

struct perf_config_files {
    char folder[PATH_MAX];
    char paths[PERF_CONFIG_DOCUMENTS][PATH_MAX + 32];
};
/* Fills in the paths and writes all of them into files->folder. 0 or a negative code. */
int perf_config_files_write(struct perf_config_files *files);
/* Writes the reloaded one anew, in place. 0 or a negative code. */
int perf_config_files_revise(const struct perf_config_files *files, uint32_t revision);
/* Deletes them, and the folder. For a signal's handler, too. */
void perf_config_files_remove(const struct perf_config_files *files);

#endif
