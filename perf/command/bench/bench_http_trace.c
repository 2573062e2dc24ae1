/* A trace of requests: its methods and its URLs. */
#include "bench_http_trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/url.h>

#include "shown.h"

static int refuse(const struct bench *bench, const char *why, const char *what) {
    output_complain("%s: --trace: %s%s", bench->name, why, what);
    return EXIT_USAGE;
}

/* The part of `url` that paths stand behind; or 0: it has a path of its own. */
static size_t origin_size(const char *url) {
    struct hr_url parsed;
    struct hr_error error = {0};
    if (hr_url_parse(hr_slice_of(url), &error, &parsed) != 0) return 0;
    if (parsed.query.data || parsed.fragment.data) return 0;
    if (parsed.path.size > 1 || (parsed.path.size == 1 && parsed.path.data[0] != '/')) return 0;
    return strlen(url) - parsed.path.size;
}

static int check_kinds(const struct bench *bench, const struct perf_trace *trace) {
    if (!trace->kinds[PERF_LIST] && !trace->kinds[PERF_DELETE]) return EXIT_DONE;
    return refuse(bench, "methods are get, put and head; it has ",
                  trace->kinds[PERF_LIST] ? "list" : "delete");
}

static int check_url(const struct bench *bench, const char *url) {
    struct hr_url parsed;
    struct hr_error error = {0};
    if (hr_url_parse(hr_slice_of(url), &error, &parsed) == 0) return EXIT_DONE;
    return refuse(bench, "a path that makes no URL: ", shown_url(url));
}

/* One URL a path, each in the text behind the one before. */
static int make_urls(struct bench_http_trace *made, const char *url, const struct bench *bench) {
    const struct perf_trace *trace = &made->held.trace;
    size_t origin = origin_size(url), size = 0;
    for (uint32_t i = 0; i < trace->key_count; i++) size += origin + trace->keys[i].size + 1;
    made->text = malloc(size);
    made->urls = calloc(trace->key_count, sizeof *made->urls);
    if (!made->text || !made->urls)
        return output_failed(bench->session.json, -ENOMEM, "out of memory");
    int code = EXIT_DONE;
    char *at = made->text;
    for (uint32_t i = 0; i < trace->key_count && !code; i++) {
        const struct perf_trace_key *key = &trace->keys[i];
        made->urls[i] = at;
        memcpy(at, url, origin);
        memcpy(at + origin, key->name, key->size);
        at[origin + key->size] = '\0';
        at += origin + key->size + 1;
        code = *key->name == '/'
                   ? check_url(bench, made->urls[i])
                   : refuse(bench, "a path begins with a slash: ", shown_url(made->urls[i]));
    }
    return code;
}

int bench_http_trace_open(struct bench_http_trace *made, const char *path, const char *url,
                          struct bench *bench, struct perf_http_target *target) {
    if (origin_size(url) == 0)
        return refuse(
            bench, "the URL is an origin without a path, which the lines have: ", shown_url(url));
    int code = bench_trace_open(&made->held, path, bench);
    if (!code) code = check_kinds(bench, &made->held.trace);
    if (!code) code = make_urls(made, url, bench);
    target->urls = made->urls;
    bench->report.trace = path;
    return code;
}

void bench_http_trace_close(struct bench_http_trace *trace) {
    bench_trace_close(&trace->held);
    free(trace->urls);
    free(trace->text);
}
