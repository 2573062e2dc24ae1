/* Answers of the control socket: the state of a log as text and as JSON. */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/json_write.h>

#include "log_control.h"

#define NAMES_SHOWN_MAX 1000
#define NAMES_BYTES     (HR_LOG_ANSWER_BYTES / 2) /* of all names shown, at their longest */
#define NAME_GROWTH     6                         /* of an escaped byte in JSON */
#define NAME_BESIDE     48                        /* what stands around a name */
#define OK_BYTES        3                         /* "ok\n" */

__attribute__((format(printf, 2, 3))) static void put(struct hr__log_answer *answer,
                                                      const char *format, ...) {
    assert(answer->size < HR_LOG_ANSWER_BYTES);
    va_list arguments;
    size_t room = HR_LOG_ANSWER_BYTES - answer->size;
    va_start(arguments, format);
    int size = vsnprintf(answer->data + answer->size, room, format, arguments);
    va_end(arguments);
    if (size > 0) answer->size += (size_t)size < room ? (size_t)size : room - 1;
}

void hr__log_answer_ok(struct hr__log_answer *answer, const char *body) {
    answer->size = 0;
    put(answer, "ok\n%s", body);
}

void hr__log_answer_error(struct hr__log_answer *answer, int code, const char *text) {
    answer->size = 0;
    put(answer, "error %d %s\n", -code, text);
}

/* Puts a name; bytes that are no printing ASCII become question marks. */
static void put_name(struct hr__log_answer *answer, struct hr_slice name) {
    for (size_t i = 0; i < name.size && answer->size < HR_LOG_ANSWER_BYTES - 1; i++) {
        char letter = name.data[i];
        answer->data[answer->size++] = letter > ' ' && letter < 0x7f ? letter : '?';
    }
}

/* ---- The logs, each name once. */

struct named_level {
    struct hr_slice name;
    int level;
};

struct level_list {
    uint8_t *seen; /* a bit a name */
    struct named_level *levels;
    unsigned count;
    size_t bytes;
    bool cut;
};

static void collect(struct level_list *list, const hr_log *log) {
    assert(list->count <= NAMES_SHOWN_MAX && list->bytes <= NAMES_BYTES);
    uint16_t id = log->view.id;
    if (!(list->seen[id / 8] & 1u << id % 8)) {
        list->seen[id / 8] |= (uint8_t)(1u << id % 8);
        struct hr_slice name = hr__log_name_find(&hr__log_dictionary, id);
        size_t bytes = name.size * NAME_GROWTH + NAME_BESIDE;
        if (list->count < NAMES_SHOWN_MAX && list->bytes + bytes <= NAMES_BYTES) {
            list->levels[list->count++] = (struct named_level){name, log->level};
            list->bytes += bytes;
        } else {
            list->cut = true;
        }
    }
    for (const hr_log *child = log->children; child; child = child->next) collect(list, child);
}

static int by_name(const void *a, const void *b) {
    const struct named_level *one = a, *two = b;
    return hr_slice_compare(one->name, two->name);
}

/* Lists the first log, then the others in the order of their names. False: there is no memory. */
static bool open_list(struct level_list *list, const hr_log *first) {
    struct hr_log_core *core = first->view.core;
    *list = (struct level_list){
        .seen = calloc(1, HR_LOG_NAMES_MAX / 8 + 1),
        .levels = calloc(NAMES_SHOWN_MAX, sizeof *list->levels),
    };
    if (!list->seen || !list->levels) return false;
    pthread_mutex_lock(&core->lock);
    collect(list, first);
    pthread_mutex_unlock(&core->lock);
    qsort(list->levels + 1, list->count - 1, sizeof *list->levels, by_name);
    return true;
}

static void close_list(struct level_list *list) {
    free(list->seen);
    free(list->levels);
}

static void put_levels(struct hr__log_answer *answer, const struct level_list *list) {
    char level[HR_LOG_LEVEL_BYTES];
    for (unsigned i = 0; i < list->count; i++) {
        put_name(answer, list->levels[i].name);
        hr_log_level_name(list->levels[i].level, level);
        put(answer, " %s\n", level);
    }
    if (list->cut) put(answer, "and others\n");
}

static void add_levels(struct hr_json_writer *json, const struct level_list *list) {
    char level[HR_LOG_LEVEL_BYTES];
    hr_json_key(json, "levels");
    hr_json_array(json);
    for (unsigned i = 0; i < list->count; i++) {
        hr_log_level_name(list->levels[i].level, level);
        hr_json_object(json);
        hr_json_key(json, "logger");
        hr_json_string(json, list->levels[i].name);
        hr_json_key(json, "level");
        hr_json_text(json, level);
        hr_json_end(json);
    }
    hr_json_end(json);
    hr_json_key(json, "levels_cut");
    hr_json_bool(json, list->cut);
}

/* ---- JSON behind "ok". */

static void begin_json(struct hr__log_answer *answer, struct hr_json_writer *json) {
    hr__log_answer_ok(answer, "");
    hr_json_init(json, answer->data + OK_BYTES, HR_LOG_ANSWER_BYTES - OK_BYTES - 1, NULL, NULL);
    hr_json_object(json);
}

static void end_json(struct hr__log_answer *answer, struct hr_json_writer *json) {
    hr_json_end(json);
    int err = hr_json_finish(json);
    if (err) {
        hr__log_answer_error(answer, err, "the answer is too long");
        return;
    }
    answer->size = OK_BYTES + json->size;
    answer->data[answer->size++] = '\n';
}

void hr__log_answer_levels(struct hr__log_answer *answer, hr_log *first, bool json) {
    struct level_list list;
    if (!open_list(&list, first)) {
        hr__log_answer_error(answer, -ENOMEM, "no memory");
    } else if (json) {
        struct hr_json_writer writer;
        begin_json(answer, &writer);
        add_levels(&writer, &list);
        end_json(answer, &writer);
    } else {
        hr__log_answer_ok(answer, "");
        put_levels(answer, &list);
    }
    close_list(&list);
}

/* ---- Status. */

static void put_status(struct hr__log_answer *answer, const hr_log *first,
                       const struct hr_log_statistics *counts) {
    put_name(answer, hr__log_name_find(&hr__log_dictionary, first->view.id));
    put(answer, ": %s, process %d\n", counts->running ? "running" : "stopped", (int)getpid());
    put(answer, "messages_processed %llu\nmessages_dropped %llu\n",
        (unsigned long long)counts->messages_processed,
        (unsigned long long)counts->messages_dropped);
    put(answer, "queue_size %llu\nmax_queue_size %llu\n", (unsigned long long)counts->queue_size,
        (unsigned long long)counts->max_queue_size);
    put(answer, "avg_processing_time_ms %.6f\ntotal_processing_time %.6f\n",
        counts->avg_processing_time_ms, counts->total_processing_time);
    put(answer, "sync_fallback %llu\ncache_hits %llu\ncache_misses %llu\n",
        (unsigned long long)counts->sync_fallback, (unsigned long long)counts->cache_hits,
        (unsigned long long)counts->cache_misses);
    put(answer, "hit_rate %.4f\ncache_size %llu\n", counts->hit_rate,
        (unsigned long long)counts->cache_size);
    for (unsigned i = 0; i < counts->sink_count; i++)
        put(answer, "sink %u %s: lines %llu, dropped %llu, bytes %llu, errors %llu\n", i,
            counts->sinks[i].kind, (unsigned long long)counts->sinks[i].lines,
            (unsigned long long)counts->sinks[i].dropped,
            (unsigned long long)counts->sinks[i].bytes,
            (unsigned long long)counts->sinks[i].errors);
}

static void add_number(struct hr_json_writer *json, const char *key, uint64_t value) {
    hr_json_key(json, key);
    hr_json_u64(json, value);
}

static void add_by_level(struct hr_json_writer *json, const char *key, const uint64_t *counts) {
    static const char *const names[HR_LOG_STATISTICS_LEVELS] = {"below",   "DEBUG", "INFO",
                                                                "WARNING", "ERROR", "CRITICAL"};
    hr_json_key(json, key);
    hr_json_object(json);
    for (unsigned i = 0; i < HR_LOG_STATISTICS_LEVELS; i++) add_number(json, names[i], counts[i]);
    hr_json_end(json);
}

static void add_statistics(struct hr_json_writer *json, const struct hr_log_statistics *counts) {
    hr_json_key(json, "statistics");
    hr_json_object(json);
    add_number(json, "messages_processed", counts->messages_processed);
    add_number(json, "messages_dropped", counts->messages_dropped);
    add_number(json, "queue_size", counts->queue_size);
    add_number(json, "max_queue_size", counts->max_queue_size);
    hr_json_key(json, "avg_processing_time_ms");
    hr_json_double(json, counts->avg_processing_time_ms, 9);
    hr_json_key(json, "total_processing_time");
    hr_json_double(json, counts->total_processing_time, 9);
    hr_json_key(json, "running");
    hr_json_bool(json, counts->running);
    add_number(json, "sync_fallback", counts->sync_fallback);
    add_number(json, "cache_hits", counts->cache_hits);
    add_number(json, "cache_misses", counts->cache_misses);
    hr_json_key(json, "hit_rate");
    hr_json_double(json, counts->hit_rate, 9);
    add_number(json, "cache_size", counts->cache_size);
    add_by_level(json, "processed_by_level", counts->processed_by_level);
    add_by_level(json, "dropped_by_level", counts->dropped_by_level);
    add_number(json, "queue_bytes", counts->queue_bytes);
    add_number(json, "queue_bytes_max", counts->queue_bytes_max);
    add_number(json, "rings", counts->rings);
    hr_json_end(json);
    hr_json_key(json, "sinks");
    hr_json_array(json);
    for (unsigned i = 0; i < counts->sink_count; i++) {
        hr_json_object(json);
        hr_json_key(json, "kind");
        hr_json_text(json, counts->sinks[i].kind);
        add_number(json, "lines", counts->sinks[i].lines);
        add_number(json, "dropped", counts->sinks[i].dropped);
        add_number(json, "bytes", counts->sinks[i].bytes);
        add_number(json, "errors", counts->sinks[i].errors);
        hr_json_end(json);
    }
    hr_json_end(json);
}

void hr__log_answer_status(struct hr__log_answer *answer, hr_log *first, bool json) {
    struct hr_log_statistics counts;
    struct level_list list;
    hr_log_statistics_get(first, &counts);
    if (!open_list(&list, first)) {
        hr__log_answer_error(answer, -ENOMEM, "no memory");
    } else if (json) {
        struct hr_json_writer writer;
        begin_json(answer, &writer);
        hr_json_key(&writer, "logger");
        hr_json_string(&writer, hr__log_name_find(&hr__log_dictionary, first->view.id));
        add_number(&writer, "process", (uint64_t)getpid());
        add_statistics(&writer, &counts);
        add_levels(&writer, &list);
        end_json(answer, &writer);
    } else {
        hr__log_answer_ok(answer, "");
        put_status(answer, first, &counts);
        put(answer, "levels:\n");
        put_levels(answer, &list);
    }
    close_list(&list);
}
