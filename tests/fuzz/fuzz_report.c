/* Results of benches and suites, which `headrace report` reads from anywhere: two texts with a byte
 * 0x1e between them are put together, compared, and written in every form. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "summary_view.h"

#define PART_END  0x1e
#define WINDOW    4096
#define THRESHOLD 0.05

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds) abort();
}

static void check_counts(const struct perf_summary *summary) {
    check(summary->subject_count <= PERF_SUBJECTS_MAX && summary->suite_count <= PERF_SUITES_MAX);
    for (unsigned i = 0; i < summary->subject_count; i++) {
        const struct perf_subject *subject = summary->subjects[i];
        check(subject->number_count <= PERF_NUMBERS_MAX && subject->part_count <= PERF_PARTS_MAX);
        check(subject->failure_count <= PERF_FAILURES_MAX);
        if (!subject->all) continue;
        const struct perf_operations *operations = &subject->all->operations;
        check(operations->submitted ==
              operations->succeeded + operations->failed + operations->cancelled);
    }
}

/* A text that is refused leaves nothing behind and names its file. */
static void read_part(struct perf_summary *summary, const char *name, struct hr_slice text) {
    struct hr_error error = {0};
    unsigned subjects = summary->subject_count, suites = summary->suite_count;
    int err = perf_summary_read_text(summary, name, text, &error);
    if (!err) return;
    check(summary->subject_count == subjects && summary->suite_count == suites);
    check(error.code == err && strstr(error.message, name));
}

typedef void write_fn(FILE *out, const struct perf_view *view);

/* The text is the caller's. */
static char *text_of(write_fn *write, const struct perf_view *view, size_t *size) {
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    check(out != NULL);
    write(out, view);
    check(!ferror(out));
    fclose(out);
    return text;
}

static int put(void *out, const char *text, size_t size) {
    return fwrite(text, 1, size, out) == size ? 0 : -1;
}

static void write_json(FILE *out, const struct perf_view *view) {
    struct hr_json_writer json;
    char window[WINDOW];
    hr_json_init(&json, window, sizeof window, put, out);
    perf_view_json(&json, view);
    check(hr_json_finish(&json) == 0);
}

static void write_hlog(FILE *out, const struct perf_view *view) {
    (void)perf_view_hlog(out, view);
}

/* Nothing of a result ends the script of the page before its end. */
static void check_page(const char *page) {
    unsigned opened = 0, closed = 0;
    for (const char *at = page; (at = strstr(at, "<script")); at++) opened++;
    for (const char *at = page; (at = strstr(at, "</script")); at++) closed++;
    check(opened == closed);
}

static void write_all(const struct perf_view *view) {
    static write_fn *const forms[] = {perf_view_markdown,    perf_view_csv,  perf_view_junit,
                                      perf_view_openmetrics, perf_view_hgrm, write_hlog};
    size_t size = 0;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) free(text_of(forms[i], view, &size));
    char *text = text_of(write_json, view, &size);
    /* A figure beyond 2^63 is written without a point. */
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL);
    check(json_is_object(root));
    json_decref(root);
    free(text);
    text = text_of(perf_view_html, view, &size);
    check_page(text);
    free(text);
}

static void show(struct perf_summary *summary, const struct perf_summary *baseline) {
    static struct perf_issues issues;
    struct perf_comparisons comparisons = {.list = NULL};
    check(perf_compare(summary, baseline, THRESHOLD, &comparisons) == 0);
    memset(&issues, 0, sizeof issues);
    perf_issues_find(summary, &comparisons, &issues);
    const struct perf_view view = {.summary = summary,
                                   .comparisons = &comparisons,
                                   .issues = &issues,
                                   .chart_why = "it is left out",
                                   .generated = "2026-01-01T00:00:00.000Z"};
    write_all(&view);
    perf_comparisons_free(&comparisons);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct perf_summary summary, baseline;
    const char *text = (const char *)data, *end = memchr(data, PART_END, size);
    size_t first = end ? (size_t)(end - text) : size;
    read_part(&summary, "one.json", hr_slice_bytes(text, first));
    if (end) {
        const struct hr_slice second = hr_slice_bytes(end + 1, size - first - 1);
        read_part(&summary, "two.json", second);
        read_part(&baseline, "base.json", second);
    }
    check(perf_summary_merge(&summary, size % 4) == 0 && perf_summary_merge(&baseline, 0) == 0);
    check_counts(&summary);
    if (summary.subject_count || summary.suite_count) show(&summary, &baseline);
    perf_summary_free(&summary);
    perf_summary_free(&baseline);
    return 0;
}
