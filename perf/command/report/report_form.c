/* Forms and their writers. */
#include "report_form.h"

#include <errno.h>
#include <string.h>

#include "output.h"

const char report_form_endings[] = ".md, .html, .json, .xml, .csv, .hgrm, .hlog, .prom or .txt";

static int ended(FILE *out) {
    return ferror(out) ? -EIO : 0;
}

static int write_markdown(FILE *out, const void *view) {
    perf_view_markdown(out, view);
    return ended(out);
}

static int write_html(FILE *out, const void *view) {
    perf_view_html(out, view);
    return ended(out);
}

static int write_csv(FILE *out, const void *view) {
    perf_view_csv(out, view);
    return ended(out);
}

static int write_junit(FILE *out, const void *view) {
    perf_view_junit(out, view);
    return ended(out);
}

static int write_openmetrics(FILE *out, const void *view) {
    perf_view_openmetrics(out, view);
    return ended(out);
}

static int write_hgrm(FILE *out, const void *view) {
    perf_view_hgrm(out, view);
    return ended(out);
}

static int write_hlog(FILE *out, const void *view) {
    int err = perf_view_hlog(out, view);
    return err ? err : ended(out);
}

static int write_json(FILE *out, const void *view) {
    struct hr_json_writer json;
    char window[OUTPUT_WINDOW];
    output_json_init(&json, window, out);
    json.pretty = true;
    perf_view_json(&json, view);
    return output_json_finish(&json, out);
}

const struct report_form *report_form_of(const char *path) {
    static const struct report_form forms[] = {
        {".md", write_markdown, false},    {".html", write_html, false},
        {".json", write_json, false},      {".xml", write_junit, false},
        {".csv", write_csv, false},        {".hgrm", write_hgrm, true},
        {".hlog", write_hlog, true},       {".prom", write_openmetrics, false},
        {".txt", write_openmetrics, false}};
    const char *ending = strrchr(path, '.');
    for (size_t i = 0; ending && i < sizeof forms / sizeof *forms; i++)
        if (strcmp(ending, forms[i].ending) == 0) return &forms[i];
    return NULL;
}
