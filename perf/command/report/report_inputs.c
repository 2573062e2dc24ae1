/* Reading files, and folders of files. */
#include "report_inputs.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <headrace/text.h>

#define FILES_MAX 512

static int is_result(const struct dirent *entry) {
    const char *ending = strrchr(entry->d_name, '.');
    return entry->d_name[0] != '.' && ending && strcmp(ending, ".json") == 0;
}

static int read_folder(struct perf_summary *summary, const char *path, struct hr_error *error) {
    struct dirent **names = NULL;
    int count = scandir(path, &names, is_result, alphasort);
    if (count < 0) return hr_error_set(error, -errno, "%.120s: %s", path, strerror(errno));
    int err = 0;
    if (count == 0)
        err = hr_error_set(error, -ENOENT, "%.120s: no file in it ends in .json", path);
    else if (count > FILES_MAX)
        err = hr_error_set(error, -EFBIG, "%.120s: more than %d files", path, FILES_MAX);
    for (int i = 0; i < count; i++) {
        char file[PATH_MAX];
        snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
        if (!err) err = perf_summary_read(summary, file, error);
        free(names[i]);
    }
    free(names);
    return err;
}

int report_inputs_read(struct perf_summary *summary, const char *path, struct hr_error *error) {
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) return read_folder(summary, path, error);
    return perf_summary_read(summary, path, error);
}

/* "</script" and "<!--" mean something to a page wherever they stand in a script. */
static bool would_end_script(const struct byte_buffer *chart) {
    for (const char *at = chart->data; (at = strchr(at, '<')); at++)
        if (strncasecmp(at, "</script", 8) == 0 || strncmp(at, "<!--", 4) == 0) return true;
    return false;
}

void report_inputs_chart(const char *path, struct byte_buffer *chart, char why[PERF_SHOWN_MAX]) {
    struct stat info;
    const char *file = path ? path : REPORT_CHART;
    int err = stat(file, &info) != 0                                ? -errno
              : !S_ISREG(info.st_mode)                              ? -EINVAL
              : (unsigned long long)info.st_size > REPORT_CHART_MAX ? -EFBIG
                                                                    : 0;
    if (!err) err = byte_buffer_add_file(chart, file);
    why[0] = '\0';
    if (err)
        snprintf(
            why, PERF_SHOWN_MAX,
            "Chart.js is not there (%.100s: %s): install libjs-chart.js, or name it by --chart",
            file, strerror(-err));
    else if (strlen(chart->data) != chart->size || would_end_script(chart) ||
             !hr_utf8_valid(hr_slice_bytes(chart->data, chart->size)))
        snprintf(why, PERF_SHOWN_MAX, "%.100s cannot stand inside a page", file);
    if (*why) byte_buffer_free(chart);
}
