/* Traces of a bench that somebody else wrote: what is read has its times in order, its keys in the
 * text, and reads the same once more from what it says. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

#define FILL 7

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds) abort();
}

static void check_entries(const struct perf_trace *trace) {
    check(trace->count > 0 && trace->key_count > 0 && trace->key_count <= trace->count);
    for (uint32_t i = 0; i < trace->count; i++) {
        const struct perf_trace_entry *entry = &trace->entries[i];
        check(i == 0 || trace->entries[i - 1].due_ns <= entry->due_ns);
        check(entry->key < trace->key_count && entry->kind < PERF_KINDS);
        check(trace->keys[entry->key].first <= i);
        check(entry->kind != PERF_PUT || entry->size <= PERF_TRACE_SIZE_MAX);
        check(perf_trace_due(trace, entry->due_ns) > i);
    }
    for (uint32_t i = 0; i < trace->key_count; i++)
        check(trace->keys[i].size > 0 && trace->entries[trace->count + i].key == i);
}

static char *print(const struct perf_trace *trace, size_t *size) {
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    check(out != NULL);
    for (uint32_t i = 0; i < trace->count; i++) {
        const struct perf_trace_entry *entry = &trace->entries[i];
        const struct perf_trace_key *key = &trace->keys[entry->key];
        fprintf(out, "%llu.%09llu,%s,%.*s,", (unsigned long long)(entry->due_ns / 1000000000u),
                (unsigned long long)(entry->due_ns % 1000000000u), perf_kind_names[entry->kind],
                (int)key->size, key->name);
        if (entry->size != PERF_TRACE_ANY_SIZE)
            fprintf(out, "%llu", (unsigned long long)entry->size);
        fputc('\n', out);
    }
    check(fclose(out) == 0);
    return text;
}

static void check_same(const struct perf_trace *trace, const struct perf_trace *again) {
    check(again->count == trace->count && again->key_count == trace->key_count);
    check(again->largest == trace->largest);
    for (uint32_t i = 0; i < trace->count + trace->key_count; i++) {
        const struct perf_trace_entry *a = &trace->entries[i], *b = &again->entries[i];
        check(a->due_ns == b->due_ns && a->size == b->size && a->key == b->key);
        check(a->kind == b->kind);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct perf_trace trace, again;
    char why[300] = "";
    size_t text_size = 0;
    if (perf_trace_read(&trace, (const char *)data, size, FILL, why, sizeof why) != 0) {
        check(strncmp(why, "line ", 5) == 0);
        return 0;
    }
    check_entries(&trace);
    char *text = print(&trace, &text_size);
    check(perf_trace_read(&again, text, text_size, FILL, why, sizeof why) == 0);
    check_same(&trace, &again);
    perf_trace_free(&again);
    perf_trace_free(&trace);
    free(text);
    return 0;
}
