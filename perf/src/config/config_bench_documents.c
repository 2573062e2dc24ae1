/* YAML of several forms, and the variables that go with it. */
#include "config_bench_documents.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum form { SERVICES, NAME, FLAT, ENTRIES, SPARSE, REVISED };

#define ROW(tag, name, form, keys) {#name, form, keys},
static const struct {
    const char *name;
    enum form form;
    uint32_t keys;
} documents[PERF_CONFIG_DOCUMENTS] = {PERF_CONFIG_DOCUMENT_LIST(ROW)};

/* The keys of a service, and what variables make of them. */
static const struct {
    const char *path, *other;
} leaves[PERF_CONFIG_LEAVES] = {
    {"url", "https://other.internal/"},
    {"workers", "4"},
    {"rate", "1.5"},
    {"enabled", "false"},
    {"level", "debug"},
    {"timeout", "10s"},
    {"memory", "1MiB"},
    {"description", "another one"},
    {"pool.size", "2"},
    {"pool.idle", "1m"},
};

uint32_t perf_config_document_keys(enum perf_config_document document) {
    return documents[document].keys;
}

void perf_config_path(uint32_t key, char path[PERF_CONFIG_PATH]) {
    snprintf(path, PERF_CONFIG_PATH, "services.service_%04u.%s", key / PERF_CONFIG_LEAVES,
             leaves[key % PERF_CONFIG_LEAVES].path);
}

void perf_config_variable(uint32_t key, char variable[PERF_CONFIG_VARIABLE]) {
    char path[PERF_CONFIG_PATH];
    const char *between = key % 2 ? "_" : "__";
    size_t size = strlen(PERF_CONFIG_PREFIX);
    perf_config_path(key, path);
    memcpy(variable, PERF_CONFIG_PREFIX, size);
    for (const char *at = path; *at; at++) {
        int added = snprintf(variable + size, PERF_CONFIG_VARIABLE - size, "%.*s",
                             *at == '.' ? 2 : 1, *at == '.' ? between : at);
        for (int i = 0; i < added; i++, size++)
            variable[size] = (char)toupper((unsigned char)variable[size]);
        assert(size < PERF_CONFIG_VARIABLE);
    }
    snprintf(variable + size, PERF_CONFIG_VARIABLE - size, "=%s",
             leaves[key % PERF_CONFIG_LEAVES].other);
}

/* ---- Documents. */

static void print_service(uint32_t i, FILE *out) {
    static const char *const levels[] = {"debug", "info", "warning", "error"};
    fprintf(out,
            "  service_%04u:\n"
            "    url: http://service-%04u.internal:8080/v1\n"
            "    workers: %u\n"
            "    rate: %u.5\n"
            "    enabled: %s\n"
            "    level: %s\n"
            "    timeout: %us\n"
            "    memory: %uMiB\n"
            "    description: \"takes requests of kind %u and queues the others\"\n"
            "    pool:\n"
            "      size: %u\n"
            "      idle: %um\n",
            i, i, i % 64 + 1, i % 1000, i % 3 ? "true" : "false", levels[i % 4], i % 60 + 1,
            i % 256 + 1, i, i % 32 + 1, i % 10 + 1);
}

static void print_services(uint32_t keys, FILE *out) {
    fputs("services:\n", out);
    for (uint32_t i = 0; i < keys / PERF_CONFIG_LEAVES; i++) print_service(i, out);
}

static void print_flat(uint32_t keys, FILE *out) {
    for (uint32_t i = 0; i < keys; i++)
        fprintf(out, "key_%05u: %s%u\n", i, i % 2 ? "value " : "", i * 7919);
}

static void print_entries(const char *map, uint32_t keys, FILE *out) {
    fprintf(out, "%s:\n", map);
    for (uint32_t i = 0; i < keys / 2; i++)
        fprintf(out,
                "  entry_%03u:\n"
                "    url: http://entry-%03u.internal:8080/\n"
                "    pool:\n"
                "      size: %u\n",
                i, i, i % 32 + 1);
}

void perf_config_document_print(enum perf_config_document document, uint32_t revision, FILE *out) {
    uint32_t keys = documents[document].keys;
    enum form form = documents[document].form;
    if (form == NAME) fputs("name: bench\n", out);
    if (form == FLAT) print_flat(keys, out);
    if (form == ENTRIES) print_entries("entries", keys, out);
    if (form == SPARSE) print_entries("services", keys, out);
    if (form == REVISED) fprintf(out, "revision: %u\n", revision);
    if (form == SERVICES || form == REVISED) print_services(keys, out);
    if (form == REVISED) fprintf(out, "revision_again: %u\n", revision);
}

/* ---- Files. */

static int write_file(const char *path, enum perf_config_document document, uint32_t revision) {
    FILE *out = fopen(path, "we");
    if (!out) return -errno;
    perf_config_document_print(document, revision, out);
    bool bad = ferror(out) != 0;
    return fclose(out) != 0 || bad ? -(errno ? errno : EIO) : 0;
}

int perf_config_files_write(struct perf_config_files *files) {
    int err = 0;
    for (unsigned i = 0; i < PERF_CONFIG_DOCUMENTS; i++)
        snprintf(files->paths[i], sizeof files->paths[i], "%s/%s.yaml", files->folder,
                 documents[i].name);
    for (unsigned i = 0; i < PERF_CONFIG_DOCUMENTS && !err; i++)
        err = write_file(files->paths[i], (enum perf_config_document)i, 0);
    return err;
}

int perf_config_files_revise(const struct perf_config_files *files, uint32_t revision) {
    return write_file(files->paths[PERF_CONFIG_RELOADED], PERF_CONFIG_RELOADED, revision);
}

void perf_config_files_remove(const struct perf_config_files *files) {
    for (unsigned i = 0; i < PERF_CONFIG_DOCUMENTS; i++) unlink(files->paths[i]);
    rmdir(files->folder);
}
