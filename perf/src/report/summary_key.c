/* Keys of workloads: alike for results of which the same was asked, whatever their target. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "summary_parts.h"

#define HASH_DIGITS 16

/* Members that say what was asked for, without its target. Those of numbers are not there, or 0,
 * where nothing was asked for. */
static const char *const asked[] = {"harness",    "method",        "connect_each", "loop",
                                    "schedule",   "concurrency",   "size_bytes",   "payload",
                                    "checksum",   "objects",       "verify",       "mix",
                                    "key_choice", "zipf_exponent", "trace"};
static const char *const asked_numbers[] = {"attempts_max", "think_time_s", "part_size_bytes",
                                            "part_concurrency"};

/* The end of a URL from its path on. */
static const char *path_of(const char *url) {
    const char *authority = strstr(url, "://");
    const char *path = strchr(authority ? authority + 3 : url, '/');
    return path ? path : "/";
}

static void put(FILE *key, const char *name, const json_t *value) {
    char *shown = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    fprintf(key, "%s=%s ", name, shown ? shown : "?");
    free(shown);
}

bool perf_key_is_default(const json_t *value) {
    const char *text = json_string_value(value);
    return !value || json_is_null(value) || (text && strcmp(text, "uniform") == 0);
}

static void put_asked(FILE *key, const json_t *root) {
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        const json_t *value = json_object_get(root, asked[i]);
        if (!perf_key_is_default(value)) put(key, asked[i], value);
    }
    for (size_t i = 0; i < sizeof asked_numbers / sizeof *asked_numbers; i++) {
        const json_t *value = json_object_get(root, asked_numbers[i]);
        if (json_number_value(value) > 0) put(key, asked_numbers[i], value);
    }
}

/* The rate of a ramp is one that came of it. */
static void put_rate(FILE *key, const json_t *root) {
    bool ramps = json_is_object(json_object_get(root, "ramp"));
    const char *name = ramps ? "ramp" : "rate_per_s";
    const json_t *value = json_object_get(root, name);
    if (!perf_key_is_default(value)) put(key, name, value);
}

/* Classes of sizes, without what became of them. */
static void put_sizes(FILE *key, const json_t *sizes) {
    for (size_t i = 0; i < json_array_size(sizes); i++) {
        const json_t *class = json_array_get(sizes, i);
        put(key, "size", json_object_get(class, "size_bytes"));
        put(key, "weight", json_object_get(class, "weight"));
    }
}

static void put_faults(FILE *key, const json_t *faults) {
    const json_t *rules = json_object_get(faults, "rules");
    for (size_t i = 0; i < json_array_size(rules); i++)
        put(key, "fault", json_object_get(json_array_get(rules, i), "rule"));
}

/* Loads beside the measured one. */
static void put_with(FILE *key, const json_t *with) {
    const json_t *log = json_object_get(with, "log"), *http = json_object_get(with, "http");
    put(key, "with_log", json_object_get(log, "rate_per_s"));
    put(key, "with_http", json_object_get(http, "rate_per_s"));
}

static void put_paths(FILE *key, const json_t *urls) {
    for (size_t i = 0; i < json_array_size(urls); i++) {
        const char *url = json_string_value(json_array_get(urls, i));
        fprintf(key, "%s ", url ? path_of(url) : "");
    }
}

/* FNV-1a. Source: the Internet draft draft-eastlake-fnv. */
static uint64_t hash_of(const char *text) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *text; text++) hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return hash;
}

void perf_key_set(char key[PERF_KEY_MAX], const char *whole) {
    const size_t kept = PERF_KEY_MAX - 1 - HASH_DIGITS;
    if (strlen(whole) < PERF_KEY_MAX)
        memcpy(key, whole, strlen(whole) + 1);
    else
        snprintf(key, PERF_KEY_MAX, "%.*s%016llx", (int)kept, whole,
                 (unsigned long long)hash_of(whole + kept));
}

int perf_key_of_bench(const json_t *root, char key[PERF_KEY_MAX]) {
    char *whole = NULL;
    size_t size;
    FILE *out = open_memstream(&whole, &size);
    if (!out) return -ENOMEM;
    put_asked(out, root);
    put_rate(out, root);
    put_sizes(out, json_object_get(root, "sizes"));
    put_faults(out, json_object_get(root, "faults"));
    put_with(out, json_object_get(root, "with"));
    put_paths(out, json_object_get(root, "urls"));
    bool failed = ferror(out) != 0;
    failed |= fclose(out) != 0;
    if (!failed) perf_key_set(key, whole);
    free(whole);
    return failed ? -ENOMEM : 0;
}
