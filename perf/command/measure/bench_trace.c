/* Reading a trace from its file. */
#include "bench_trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shown.h"

#define FILE_MAX ((size_t)1 << 30)
#define PIECE    ((size_t)1 << 16)

/* 0 or a negative code; -EFBIG: it is larger than there may be. */
static int read_file(const char *path, char **text, size_t *size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t capacity = 0;
    ssize_t count = 1;
    if (fd < 0) return -errno;
    *size = 0;
    while (count > 0 && *size < FILE_MAX) {
        if (capacity - *size < PIECE) capacity = 2 * capacity + PIECE;
        char *grown = realloc(*text, capacity);
        if (!grown) break;
        *text = grown;
        count = read(fd, *text + *size, PIECE);
        if (count > 0) *size += (size_t)count;
    }
    int err = count < 0 ? -errno : count == 0 ? 0 : *size >= FILE_MAX ? -EFBIG : -ENOMEM;
    close(fd);
    return err;
}

static int check_keys(const struct bench *bench, const struct perf_trace *trace) {
    size_t prefix = bench->workload.prefix ? strlen(bench->workload.prefix) : 0;
    for (uint32_t i = 0; i < trace->key_count; i++) {
        if (prefix + trace->keys[i].size < PERF_KEY_SIZE) continue;
        output_complain("%s: --trace: --prefix and the key '%.*s' are longer than %d bytes",
                        bench->name, (int)trace->keys[i].size, trace->keys[i].name,
                        PERF_KEY_SIZE - 1);
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

static void fill(struct bench *bench, const struct perf_trace *trace) {
    struct perf_workload *workload = &bench->workload;
    workload->trace = trace;
    workload->objects = trace->key_count;
    workload->size_bytes = trace->largest;
    memset(&workload->mix, 0, sizeof workload->mix);
    for (size_t i = 0; i < PERF_KINDS; i++) {
        workload->mix.weight[i] = trace->kinds[i];
        workload->mix.total += trace->kinds[i];
    }
    bench->options.traced = true;
    bench->options.choose = perf_choose_trace;
    bench->options.operations = trace->count;
}

int bench_trace_open(struct bench_trace *held, const char *path, struct bench *bench) {
    char why[OPTION_WHY_SIZE] = "out of memory";
    size_t size = 0;
    int err = read_file(path, &held->text, &size);
    if (err)
        return output_failed(bench->session.json, err, "%s: cannot read %s: %s", bench->name, path,
                             hr_error_text(err));
    err = perf_trace_read(&held->trace, held->text, size, bench->workload.size_bytes, why,
                          sizeof why);
    if (err) {
        output_complain("%s: --trace %s: %s", bench->name, shown_argument(path), why);
        return err == -ENOMEM ? EXIT_FAILED : EXIT_USAGE;
    }
    int code = check_keys(bench, &held->trace);
    if (!code) fill(bench, &held->trace);
    return code;
}

void bench_trace_close(struct bench_trace *held) {
    perf_trace_free(&held->trace);
    free(held->text);
    held->text = NULL;
}
