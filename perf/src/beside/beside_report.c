/* Tables and JSON of programs beside each other. */
#include "beside_report.h"

#include <string.h>

#include "json_histogram.h"
#include "json_put.h"

#define DECIMALS 9 /* a call of a logger takes some 0.00002 ms */

/* The interval of one figure; the figures stay in the order of their rounds. */
static struct perf_interval interval_of(const struct perf_beside *beside, unsigned entry,
                                        unsigned figure) {
    double sorted[PERF_ROUNDS_MAX];
    memcpy(sorted, beside->entries[entry].figures[figure], beside->done * sizeof *sorted);
    return perf_interval_of(sorted, beside->done);
}

static struct perf_judgement judge(const struct perf_beside *beside, unsigned entry,
                                   unsigned figure, const struct perf_rules *rules) {
    return perf_judge(beside->entries[0].figures[figure], beside->entries[entry].figures[figure],
                      beside->done, rules);
}

static const struct perf_beside_figure_text *text_of(const struct perf_beside *beside,
                                                     unsigned figure) {
    return &(beside->texts ? beside->texts : perf_beside_figures)[figure];
}

/* A program that failed has no figures, though it may have had some at first. */
static bool is_measured(const struct perf_beside_entry *entry) {
    return !entry->missing.reason[0];
}

/* Differences between this program's work and that of `entry`. */
static struct perf_beside_unequal unequal_of(const struct perf_beside *beside, unsigned entry) {
    struct perf_beside_unequal made = {.count = 0};
    const struct perf_beside_entry *other = &beside->entries[entry];
    if (beside->work && entry > 0 && is_measured(other))
        perf_beside_unequal_find(beside->work, &other->named, other->name, &made);
    return made;
}

/* ---- Text: Markdown, which is legible as it stands. */

static void print_interval(FILE *out, const struct perf_interval *interval,
                           const struct perf_beside_figure_text *text) {
    int decimals = (int)text->decimals;
    double by = text->shown > 0 ? text->shown : 1;
    if (interval->median < 0)
        fputs(" - |", out);
    else
        fprintf(out, " %.*f (%.*f-%.*f) |", decimals, by * interval->median, decimals,
                by * interval->low, decimals, by * interval->high);
}

static void print_head(FILE *out, const struct perf_beside *beside, const char *first) {
    fprintf(out, "| %s |", first);
    for (unsigned i = 0; i < PERF_BESIDE_FIGURES; i++)
        fprintf(out, " %s |", text_of(beside, i)->title);
    fputs("\n|---|", out);
    for (unsigned i = 0; i < PERF_BESIDE_FIGURES; i++) fputs("---|", out);
    fputc('\n', out);
}

static void print_figures(FILE *out, const struct perf_beside *beside) {
    print_head(out, beside, "");
    for (unsigned e = 0; e < beside->count; e++) {
        if (!is_measured(&beside->entries[e])) continue;
        fprintf(out, "| %s |", beside->entries[e].name);
        for (unsigned i = 0; i < PERF_BESIDE_FIGURES; i++) {
            struct perf_interval interval = interval_of(beside, e, i);
            print_interval(out, &interval, text_of(beside, i));
        }
        fputc('\n', out);
    }
}

static const char *const verdict_words[] = {
    [PERF_ALIKE] = "alike", [PERF_SMALLER] = "less", [PERF_LARGER] = "more", [PERF_TOO_FEW] = "?"};

static void print_ratios(FILE *out, const struct perf_beside *beside,
                         const struct perf_rules *rules) {
    print_head(out, beside, "ratio");
    for (unsigned e = 1; e < beside->count; e++) {
        if (!is_measured(&beside->entries[e])) continue;
        fprintf(out, "| %s / %s |", beside->entries[0].name, beside->entries[e].name);
        for (unsigned i = 0; i < PERF_BESIDE_FIGURES; i++) {
            struct perf_judgement made = judge(beside, e, i, rules);
            if (made.ratio.median < 0)
                fputs(" - |", out);
            else
                fprintf(out, " %.3g (%.3g-%.3g) %s |", made.ratio.median, made.ratio.low,
                        made.ratio.high, verdict_words[made.verdict]);
        }
        fputc('\n', out);
    }
}

static void print_entry(FILE *out, const struct perf_beside *beside, unsigned which) {
    const struct perf_beside_entry *entry = &beside->entries[which];
    if (!is_measured(entry)) {
        fprintf(out, "%s: not measured: %s%s%s\n", entry->name, entry->missing.reason,
                *entry->missing.install ? "; install it with: " : "", entry->missing.install);
        return;
    }
    fprintf(out, "%s: %s%s%s\n", entry->name, entry->versions,
            *entry->settings && *entry->versions ? "; " : "", entry->settings);
    if (entry->failed)
        fprintf(out, "%s: %llu operations failed, e.g. %s\n", entry->name,
                (unsigned long long)entry->failed, entry->failure);
    for (unsigned i = 0; i < PERF_BESIDE_FIGURES; i++) {
        char why[PERF_BESIDE_LABEL_MAX];
        perf_unstable(entry->figures[i], beside->done, why, sizeof why);
        if (*why)
            fprintf(out, "%s: %s is unstable because %s\n", entry->name, text_of(beside, i)->title,
                    why);
    }
}

static void print_unequal(FILE *out, const struct perf_beside *beside) {
    for (unsigned e = 1; e < beside->count; e++) {
        struct perf_beside_unequal found = unequal_of(beside, e);
        for (unsigned i = 0; i < found.count; i++)
            fprintf(out, "unequal work: %s\n", found.lines[i]);
    }
}

static void print_settled(FILE *out, const struct perf_beside *beside) {
    if (!beside->rounds_max) return;
    bool settled = perf_beside_settled(beside);
    fprintf(out, "%s after %u rounds: the operations/s of the last %d %s within %g %%.\n\n",
            settled ? "stable" : "not stable", beside->done, PERF_SETTLED_POINTS,
            settled ? "lie" : "do not lie", 100 * PERF_SETTLED_SHARE);
}

void perf_beside_text(FILE *out, const struct perf_beside *beside, const struct perf_rules *rules) {
    print_figures(out, beside);
    if (beside->count > 1) {
        fputc('\n', out);
        print_ratios(out, beside, rules);
    }
    fprintf(
        out,
        "\nMedians of %u interleaved rounds, with the interval in which the true one lies (%.0f "
        "%% sure).\n'more' and 'less' have p < %g by Mann-Whitney and are over %g %%; 'alike' "
        "is no proof of\nequality; '?' are too few rounds.\n\n",
        beside->done, 100 * interval_of(beside, 0, PERF_BESIDE_RATE).confidence, rules->p_below,
        100 * rules->share_above);
    print_settled(out, beside);
    for (unsigned e = 0; e < beside->count; e++) print_entry(out, beside, e);
    print_unequal(out, beside);
}

/* ---- JSON. */

static void put_interval(struct hr_json_writer *json, const struct perf_interval *interval) {
    if (interval->median < 0) return;
    json_put_double(json, "low", interval->low, DECIMALS);
    json_put_double(json, "median", interval->median, DECIMALS);
    json_put_double(json, "high", interval->high, DECIMALS);
    json_put_double(json, "confidence", interval->confidence, 4);
}

static void put_figure(struct hr_json_writer *json, const struct perf_beside *beside,
                       unsigned entry, unsigned figure) {
    const double *values = beside->entries[entry].figures[figure];
    struct perf_interval interval = interval_of(beside, entry, figure);
    char why[PERF_BESIDE_LABEL_MAX];
    perf_unstable(values, beside->done, why, sizeof why);
    json_put_object(json, perf_beside_figures[figure].key);
    put_interval(json, &interval);
    json_put_text(json, "unstable", *why ? why : NULL);
    json_put_array(json, "rounds");
    for (unsigned i = 0; i < beside->done; i++) {
        if (values[i] < 0)
            hr_json_null(json);
        else
            hr_json_double(json, values[i], DECIMALS);
    }
    hr_json_end(json);
    hr_json_end(json);
}

static void put_ratios(struct hr_json_writer *json, const struct perf_beside *beside,
                       unsigned entry, const struct perf_rules *rules) {
    json_put_object(json, "ratios");
    for (unsigned i = 0; i < PERF_BESIDE_FIGURES; i++) {
        struct perf_judgement made = judge(beside, entry, i, rules);
        json_put_object(json, perf_beside_figures[i].key);
        put_interval(json, &made.ratio);
        json_put_double(json, "p", made.p, 6);
        json_put_text(json, "verdict",
                      made.verdict == PERF_TOO_FEW ? "too few rounds"
                                                   : verdict_words[made.verdict]);
        hr_json_end(json);
    }
    hr_json_end(json);
}

static void put_counts(struct hr_json_writer *json, const struct perf_beside_entry *entry) {
    json_put_object(json, "operations");
    json_put_u64(json, "submitted", entry->succeeded + entry->failed + entry->cancelled);
    json_put_u64(json, "succeeded", entry->succeeded);
    json_put_u64(json, "failed", entry->failed);
    json_put_u64(json, "cancelled", entry->cancelled);
    hr_json_end(json);
}

static void put_entry(struct hr_json_writer *json, const struct perf_beside *beside, unsigned which,
                      const struct perf_rules *rules) {
    const struct perf_beside_entry *entry = &beside->entries[which];
    hr_json_object(json);
    json_put_text(json, "name", entry->name);
    json_put_text(json, "missing", is_measured(entry) ? NULL : entry->missing.reason);
    json_put_text(json, "install", *entry->missing.install ? entry->missing.install : NULL);
    if (is_measured(entry)) {
        json_put_text(json, "versions", entry->versions);
        json_put_text(json, "settings", *entry->settings ? entry->settings : NULL);
        put_counts(json, entry);
        json_put_text(json, "failure", *entry->failure ? entry->failure : NULL);
        json_put_object(json, "figures");
        for (unsigned i = 0; i < PERF_BESIDE_FIGURES; i++) put_figure(json, beside, which, i);
        hr_json_end(json);
        if (which > 0) put_ratios(json, beside, which, rules);
        json_put_histogram(json, "latency_histogram", &entry->latency_ns);
    }
    hr_json_end(json);
}

/* null: it was not asked for. */
static void put_settled(struct hr_json_writer *json, const struct perf_beside *beside) {
    if (!beside->rounds_max) {
        json_put_null(json, "stability");
        return;
    }
    json_put_object(json, "stability");
    json_put_bool(json, "stable", perf_beside_settled(beside));
    json_put_u64(json, "points", PERF_SETTLED_POINTS);
    json_put_double(json, "within", PERF_SETTLED_SHARE, 6);
    json_put_u64(json, "rounds_max", beside->rounds_max);
    hr_json_end(json);
}

static void put_unequal(struct hr_json_writer *json, const struct perf_beside *beside) {
    json_put_array(json, "unequal_work");
    for (unsigned e = 1; e < beside->count; e++) {
        struct perf_beside_unequal found = unequal_of(beside, e);
        for (unsigned i = 0; i < found.count; i++) hr_json_text(json, found.lines[i]);
    }
    hr_json_end(json);
}

void perf_beside_json(struct hr_json_writer *json, const struct perf_beside *beside,
                      const struct perf_rules *rules) {
    json_put_u64(json, "rounds", beside->done);
    put_settled(json, beside);
    put_unequal(json, beside);
    json_put_object(json, "rules");
    json_put_double(json, "p_below", rules->p_below, 6);
    json_put_double(json, "share_above", rules->share_above, 6);
    hr_json_end(json);
    json_put_array(json, "programs");
    for (unsigned e = 0; e < beside->count; e++) put_entry(json, beside, e, rules);
    hr_json_end(json);
}
