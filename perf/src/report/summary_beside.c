/* Reports of --beside: a result for each program. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/text.h>

#include "summary_parts.h"

/* Figures as --beside calls them, and as all results call them. */
static const struct figure {
    const char *told, *name;
    enum perf_better better;
    double by; /* the unit of the one in that of the other */
} figures[] = {{"operations_per_s", "operations_per_s", PERF_BETTER_MORE, 1},
               {"p50_ms", "latency_ms.p50", PERF_BETTER_LESS, 1},
               {"p99_ms", "latency_ms.p99", PERF_BETTER_LESS, 1},
               {"cpu_us_per_operation", "cpu_us_per_operation", PERF_BETTER_LESS, 1},
               {"rss_peak_mib", "rss_peak_bytes", PERF_BETTER_UNKNOWN, 1 << 20},
               {"success_rate", "success_rate", PERF_BETTER_UNKNOWN, 1}};

static int read_rounds(const json_t *object, const struct figure *figure,
                       struct perf_number *number, struct hr_error *error) {
    const json_t *rounds = json_object_get(object, "rounds");
    if (!json_is_array(rounds) || json_array_size(rounds) > PERF_ROUNDS_MAX)
        return perf_member_refuse(error, "figures.%s.rounds is no list of at most %d numbers",
                                  figure->told, PERF_ROUNDS_MAX);
    number->count = (unsigned)json_array_size(rounds);
    for (unsigned i = 0; i < number->count; i++) {
        const json_t *round = json_array_get(rounds, i);
        if (!json_is_number(round) && !json_is_null(round))
            return perf_member_refuse(error, "figures.%s.rounds[%u] is no number", figure->told, i);
        number->rounds[i] = json_is_number(round) ? json_number_value(round) * figure->by : -1;
    }
    double sorted[PERF_ROUNDS_MAX];
    memcpy(sorted, number->rounds, number->count * sizeof *sorted);
    struct perf_spread spread = perf_spread_of(sorted, number->count);
    number->value = spread.median;
    number->least = spread.least;
    number->most = spread.most;
    return 0;
}

static int read_figure(const json_t *program, const struct figure *figure,
                       struct perf_subject *subject, struct hr_error *error) {
    const json_t *object = json_object_get(json_object_get(program, "figures"), figure->told);
    if (!json_is_object(object))
        return perf_member_refuse(error, "figures.%s is no object", figure->told);
    struct perf_number *number = perf_subject_number(subject, figure->name, figure->better);
    int err = read_rounds(object, figure, number, error);
    if (!err && number->value < 0) subject->number_count--; /* it was not measured */
    if (!err && strcmp(figure->told, "operations_per_s") == 0) subject->load.rate = number->value;
    return err;
}

static int read_measured(const json_t *program, struct perf_subject *subject,
                         struct hr_error *error) {
    const json_t *histogram = json_object_get(program, "latency_histogram");
    subject->all = calloc(1, sizeof *subject->all);
    if (!subject->all) return hr_error_set(error, -ENOMEM, "out of memory");
    hr_histogram_init(&subject->all->latency_ns, HR_HISTOGRAM_SECONDS);
    int err = perf_member_operations(json_object_get(program, "operations"),
                                     &subject->all->operations, error);
    for (size_t i = 0; i < sizeof figures / sizeof *figures && !err; i++)
        err = read_figure(program, &figures[i], subject, error);
    if (!err && json_is_object(histogram))
        err = perf_member_histogram(histogram, &subject->all->latency_ns, error);
    return err;
}

static void add_text(const json_t *program, const char *name, struct perf_facts *facts) {
    if (facts->count == PERF_FACTS_MAX) return;
    struct perf_fact *fact = &facts->list[facts->count];
    perf_text_of(program, name, fact->value);
    hr_text_copy(fact->name, sizeof fact->name, hr_slice_of(name));
    if (*fact->value) facts->count++;
}

/* Which workload: that of all programs, and which program it is. */
static int make_key(const struct perf_source *source, struct perf_subject *subject) {
    json_t *workload = json_deep_copy(json_object_get(source->root, "workload"));
    const char *server = json_string_value(json_object_get(source->root, "server"));
    if (server && strcmp(server, "embedded") == 0) /* it has another port each time */
        hr_text_copy(subject->target, sizeof subject->target, hr_slice_of("embedded server"));
    else
        perf_text_of(workload, "endpoint", subject->target);
    json_object_del(workload, "endpoint");
    json_object_del(workload, "seed");
    json_object_del(workload, "bucket");
    json_object_del(workload, "prefix");
    char *shown = workload ? json_dumps(workload, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    char *key = NULL;
    int size = asprintf(&key, "beside %s %s", subject->name, shown ? shown : "");
    if (size >= 0) perf_key_set(subject->key, key);
    if (size >= 0) free(key);
    hr_text_shorten(subject->workload, sizeof subject->workload, hr_slice_of(shown ? shown : ""));
    free(shown);
    json_decref(workload);
    return size < 0 ? -ENOMEM : 0;
}

static int read_program(const struct perf_source *source, const json_t *program,
                        struct perf_subject *subject) {
    perf_text_of(program, "missing", subject->missing);
    if (make_key(source, subject) != 0)
        return hr_error_set(source->error, -ENOMEM, "out of memory");
    perf_facts_read(source->root, &subject->facts);
    add_text(program, "versions", &subject->facts);
    add_text(program, "settings", &subject->facts);
    if (*subject->missing) return 0;
    int err = read_measured(program, subject, source->error);
    if (err) return err;
    char example[PERF_SHOWN_MAX];
    perf_text_of(program, "failure", example);
    if (!subject->all->operations.failed) return 0;
    struct perf_failure *failure = perf_subject_failure(subject, "failed");
    failure->count = subject->all->operations.failed;
    memcpy(failure->example, example, sizeof example);
    return 0;
}

/* Sentences about all of the programs. */
static void add_warnings(struct perf_summary *summary, const struct perf_source *source) {
    char warning[PERF_SHOWN_MAX];
    perf_text_of(json_object_get(source->root, "calibration"), "warning", warning);
    if (*warning) perf_summary_warn(summary, "%.60s: %.180s", source->name, warning);
    const json_t *unequal = json_object_get(source->root, "unequal_work");
    for (size_t i = 0; i < json_array_size(unequal); i++) {
        const char *line = json_string_value(json_array_get(unequal, i));
        if (line) perf_summary_warn(summary, "%.60s: unequal work: %.160s", source->name, line);
    }
}

int perf_read_beside(struct perf_summary *summary, const struct perf_source *source) {
    const json_t *programs = json_object_get(source->root, "programs");
    uint64_t rounds = 0;
    int err = perf_check_protocol(source);
    if (!err) err = perf_member_count(source->root, "rounds", &rounds, source->error);
    if (!err && !json_is_array(programs))
        err = perf_member_refuse(source->error, "programs is no list");
    for (size_t i = 0; i < json_array_size(programs) && !err; i++) {
        const json_t *program = json_array_get(programs, i);
        const char *name = json_string_value(json_object_get(program, "name"));
        if (!name) return perf_member_refuse(source->error, "programs[%zu].name is no text", i);
        struct perf_subject *subject = perf_subject_new(source, name);
        if (!subject) return hr_error_set(source->error, -ENOMEM, "out of memory");
        subject->rounds = rounds < PERF_ROUNDS_MAX ? (unsigned)rounds : PERF_ROUNDS_MAX;
        err = perf_summary_add(summary, subject, read_program(source, program, subject),
                               source->error);
    }
    if (!err) add_warnings(summary, source);
    return err;
}
