/* Mix, keys, bodies. */
#include "workload.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/text.h>

#define WEIGHT_MAX 1000000
#define KEY_DIGITS 8

static int read_part(struct hr_slice part, struct perf_mix *mix, char *why, size_t why_size) {
    const char *equals = part.size ? memchr(part.data, '=', part.size) : NULL;
    size_t name = equals ? (size_t)(equals - part.data) : part.size;
    for (size_t kind = 0; kind < PERF_KINDS; kind++) {
        if (!hr_slice_equal(hr_slice_bytes(part.data, name), hr_slice_of(perf_kind_names[kind])))
            continue;
        uint64_t weight = 1;
        if (equals && hr_text_u64(hr_slice_bytes(equals + 1, part.size - name - 1), WEIGHT_MAX,
                                  &weight) != 0) {
            snprintf(why, why_size, "'%.*s': the weight is not a whole number up to %d",
                     (int)part.size, part.data, WEIGHT_MAX);
            return -1;
        }
        if (mix->weight[kind]) {
            snprintf(why, why_size, "'%s' stands there twice", perf_kind_names[kind]);
            return -1;
        }
        mix->weight[kind] = (unsigned)weight;
        mix->total += (unsigned)weight;
        return 0;
    }
    snprintf(why, why_size,
             "'%.*s' is no operation; there are put, get, head, list, delete, "
             "upload and download",
             (int)(name < 40 ? name : 40), part.data);
    return -1;
}

int perf_mix_parse(const char *text, struct perf_mix *mix, char *why, size_t why_size) {
    struct perf_mix read = {.total = 0};
    for (const char *at = text; at;) {
        const char *comma = strchr(at, ',');
        struct hr_slice part = hr_slice_bytes(at, comma ? (size_t)(comma - at) : strlen(at));
        if (read_part(part, &read, why, why_size) != 0) return -1;
        at = comma ? comma + 1 : NULL;
    }
    if (!read.total) {
        snprintf(why, why_size, "all weights are 0");
        return -1;
    }
    *mix = read;
    return 0;
}

int perf_workload_open(struct perf_workload *workload) {
    size_t size = PERF_BLOCK_MIN;
    assert(!workload->block);
    while (size < PERF_BLOCK_MAX && size < workload->size_bytes) size *= 2;
    workload->block = malloc(2 * size);
    if (!workload->block) return -ENOMEM;
    workload->block_size = size;
    uint64_t state = workload->seed;
    for (size_t i = 0; i < size; i += 8) {
        uint64_t word = perf_random_next(&state);
        for (unsigned k = 0; k < 8; k++) workload->block[i + k] = (char)(word >> (8 * k));
    }
    memcpy(workload->block + size, workload->block, size);
    workload->iov_count = (size_t)((workload->size_bytes + size - 1) / size);
    return 0;
}

void perf_workload_close(struct perf_workload *workload) {
    free(workload->block);
    workload->block = NULL;
}

/* The name of key `index` of the trace behind the prefix. */
static void trace_key(const struct perf_workload *workload, uint32_t index,
                      char key[PERF_KEY_SIZE]) {
    const struct perf_trace_key *name = &workload->trace->keys[index];
    size_t size = strlen(workload->prefix);
    assert(size + name->size < PERF_KEY_SIZE);
    memcpy(key, workload->prefix, size);
    memcpy(key + size, name->name, name->size);
    key[size + name->size] = '\0';
}

void perf_workload_prefix(const struct perf_workload *workload, uint32_t index,
                          char key[PERF_KEY_SIZE]) {
    size_t size = strlen(workload->prefix);
    if (workload->trace) {
        trace_key(workload, index, key);
        return;
    }
    if (size > PERF_PREFIX_MAX) size = PERF_PREFIX_MAX;
    memcpy(key, workload->prefix, size);
    key[size] = (char)('a' + index % PERF_PREFIXES);
    key[size + 1] = '/';
    key[size + 2] = '\0';
}

/* Written by hand: it runs once an operation, and snprintf would cost more than the rest of it. */
void perf_workload_key(const struct perf_workload *workload, uint32_t index,
                       char key[PERF_KEY_SIZE]) {
    perf_workload_prefix(workload, index, key);
    if (workload->trace) return;
    char *digits = key + strlen(key);
    for (int i = KEY_DIGITS - 1; i >= 0; i--, index /= 10) digits[i] = (char)('0' + index % 10);
    digits[KEY_DIGITS] = '\0';
}

static const char *body_start(const struct perf_workload *workload, uint32_t index) {
    return workload->block + (size_t)index * PERF_OFFSET_FACTOR % workload->block_size;
}

uint64_t perf_workload_size(const struct perf_workload *workload, uint32_t index) {
    const struct perf_sizes *sizes = &workload->sizes;
    if (workload->trace) return workload->trace->entries[index].size;
    if (sizes->count == 0) return workload->size_bytes;
    return sizes->list[perf_sizes_class(sizes, workload->seed, index)].bytes;
}

struct hr_source perf_workload_body(const struct perf_workload *workload, uint32_t index,
                                    struct iovec *iov) {
    const char *start = body_start(workload, index);
    uint64_t left = perf_workload_size(workload, index);
    size_t count = 0;
    assert(left != PERF_TRACE_ANY_SIZE); /* a PUT has its size */
    if (left <= workload->block_size) return hr_source_bytes(start, (size_t)left);
    while (left > 0) {
        size_t size = left < workload->block_size ? (size_t)left : workload->block_size;
        assert(count < workload->iov_count);
        iov[count++] = (struct iovec){.iov_base = (void *)(uintptr_t)start, .iov_len = size};
        left -= size;
    }
    return hr_source_iovec(iov, count);
}

void perf_workload_body_read(const struct perf_workload *workload, uint32_t index, uint64_t at,
                             void *out, size_t size) {
    const char *start = body_start(workload, index);
    for (size_t done = 0; done < size;) {
        size_t from = (size_t)((at + done) % workload->block_size);
        size_t piece = workload->block_size - from;
        if (piece > size - done) piece = size - done;
        memcpy((char *)out + done, start + from, piece);
        done += piece;
    }
}

bool perf_workload_body_matches(const struct perf_workload *workload, uint32_t index, uint64_t at,
                                const void *data, size_t size) {
    const char *start = body_start(workload, index);
    for (size_t done = 0; done < size;) {
        size_t from = (size_t)((at + done) % workload->block_size);
        size_t piece = workload->block_size - from;
        if (piece > size - done) piece = size - done;
        if (memcmp((const char *)data + done, start + from, piece) != 0) return false;
        done += piece;
    }
    return true;
}

static bool writes(enum perf_kind kind) {
    return kind == PERF_PUT || kind == PERF_UPLOAD;
}

/* Each number has draws of its own, so the sequence does not depend on which reactor takes it. PUT
 * (an upload too) and DELETE cycle over their sets, unless keys are drawn by Zipf's law; with both
 * in the mix every other PUT brings back what was deleted. GET and HEAD only touch the set that
 * nothing deletes. */
void perf_choose_mix(const struct perf_workload *workload, uint64_t number,
                     struct perf_step *step) {
    assert(workload->mix.total && workload->objects);
    number += workload->first;
    uint64_t state = workload->seed ^ (number * 0xd1342543de82ef95u);
    uint64_t draw = perf_random_next(&state) % workload->mix.total, key = perf_random_next(&state);
    unsigned kind = 0;
    while (draw >= workload->mix.weight[kind]) draw -= workload->mix.weight[kind++];
    step->kind = (enum perf_kind)kind;
    if (workload->zipf.exponent > 0)
        step->index = perf_zipf_draw(&workload->zipf, &state);
    else if (writes(step->kind))
        step->index = (uint32_t)(number % workload->objects);
    else
        step->index = (uint32_t)(key % workload->objects);
    if (step->kind == PERF_DELETE ||
        (writes(step->kind) && workload->mix.weight[PERF_DELETE] && key >> 63))
        step->index = workload->objects + (uint32_t)(number % workload->objects);
    if (step->kind == PERF_LIST) step->index = (uint32_t)(key % PERF_PREFIXES);
    step->body = step->index;
}

void perf_choose_fill(const struct perf_workload *workload, uint64_t number,
                      struct perf_step *step) {
    *step =
        (struct perf_step){.kind = perf_mix_has_transfers(&workload->mix) ? PERF_UPLOAD : PERF_PUT,
                           .index = (uint32_t)number,
                           .body = (uint32_t)number};
}

void perf_choose_remove(const struct perf_workload *workload, uint64_t number,
                        struct perf_step *step) {
    (void)workload;
    *step = (struct perf_step){.kind = PERF_DELETE, .index = (uint32_t)number};
}

void perf_choose_trace(const struct perf_workload *workload, uint64_t number,
                       struct perf_step *step) {
    const struct perf_trace_entry *entry = &workload->trace->entries[number];
    assert(number < workload->trace->count);
    *step = (struct perf_step){.kind = entry->kind, .index = entry->key, .body = (uint32_t)number};
}

void perf_choose_trace_fill(const struct perf_workload *workload, uint64_t number,
                            struct perf_step *step) {
    assert(number < workload->trace->key_count);
    *step = (struct perf_step){.kind = PERF_PUT,
                               .index = (uint32_t)number,
                               .body = workload->trace->count + (uint32_t)number};
}

void perf_choose_cycle(const struct perf_workload *workload, uint64_t number,
                       struct perf_step *step) {
    unsigned kind = 0;
    while (!workload->mix.weight[kind]) kind++;
    *step = (struct perf_step){.kind = (enum perf_kind)kind,
                               .index = (uint32_t)(number % workload->objects),
                               .body = (uint32_t)number};
}

uint32_t perf_workload_population(const struct perf_workload *workload) {
    if (workload->trace) return workload->trace->key_count;
    return workload->mix.weight[PERF_DELETE] ? 2 * workload->objects : workload->objects;
}

uint64_t perf_workload_bytes(const struct perf_workload *workload) {
    uint64_t bytes = 0;
    uint32_t objects = perf_workload_population(workload);
    if (!workload->trace && workload->sizes.count == 0) return objects * workload->size_bytes;
    for (uint32_t i = 0; i < objects; i++)
        bytes += workload->trace ? workload->trace->keys[i].bytes : perf_workload_size(workload, i);
    return bytes;
}
