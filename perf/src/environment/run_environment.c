/* The machine, as the kernel tells it. */
#include "run_environment.h"

#include <gnu/libc-version.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <headrace/text.h>
#include <headrace/version.h>

#include "hr_commit.h"
#include "json_put.h"
#include "resources.h"

#define LINE_MAX_SIZE 256

static char command[PERF_ENVIRONMENT_COMMAND_MAX];

void perf_environment_command(const char *text) {
    hr_text_shorten(command, sizeof command, hr_slice_of(text));
}

/* The first line of a file that begins with `begin`, without its line end. False: there is none. */
static bool read_line(const char *path, const char *begin, char line[LINE_MAX_SIZE]) {
    FILE *file = fopen(path, "re");
    bool found = false;
    while (file && !found && fgets(line, LINE_MAX_SIZE, file))
        found = strncmp(line, begin, strlen(begin)) == 0;
    if (file) fclose(file);
    if (found) line[strcspn(line, "\n")] = '\0';
    return found;
}

static void put_machine(struct hr_json_writer *json) {
    struct utsname name;
    char line[LINE_MAX_SIZE];
    if (uname(&name) == 0) {
        json_put_text(json, "kernel", name.release);
        json_put_text(json, "machine", name.machine);
        json_put_text(json, "host", name.nodename);
    }
    if (read_line("/proc/cpuinfo", "model name", line)) {
        const char *model = strchr(line, ':');
        if (model) json_put_text(json, "processor", model + 1 + (model[1] == ' '));
    }
    json_put_u64(json, "cores", perf_cores());
}

static void put_state(struct hr_json_writer *json) {
    struct sysinfo info;
    char line[LINE_MAX_SIZE];
    double load;
    if (sysinfo(&info) == 0)
        json_put_u64(json, "memory_bytes", (uint64_t)info.totalram * info.mem_unit);
    if (read_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "", line))
        json_put_text(json, "governor", line);
    if (getloadavg(&load, 1) == 1) json_put_double(json, "load_1m", load, 2);
}

/* `err`: it is not known. */
static void put_limit(struct hr_json_writer *json, const char *name, int err,
                      const struct rlimit *limit) {
    if (err) return;
    if (limit->rlim_cur == RLIM_INFINITY)
        json_put_text(json, name, "unlimited");
    else
        json_put_u64(json, name, limit->rlim_cur);
}

/* A limit of this process's control group (cgroup v2). */
static void put_group_limit(struct hr_json_writer *json, const char *name, const char *file) {
    char line[LINE_MAX_SIZE], path[2 * LINE_MAX_SIZE];
    if (!read_line("/proc/self/cgroup", "0::", line)) return;
    snprintf(path, sizeof path, "/sys/fs/cgroup%s/%s", line + 3, file);
    if (read_line(path, "", line)) json_put_text(json, name, line);
}

static void put_limits(struct hr_json_writer *json) {
    struct rlimit limit;
    json_put_object(json, "limits");
    put_limit(json, "open_files", getrlimit(RLIMIT_NOFILE, &limit), &limit);
    put_limit(json, "locked_memory_bytes", getrlimit(RLIMIT_MEMLOCK, &limit), &limit);
    put_group_limit(json, "cpu_quota", "cpu.max");
    put_group_limit(json, "memory_max_bytes", "memory.max");
    hr_json_end(json);
}

/* Whether the wall clock follows another one, by what the kernel was told. */
static void put_clock(struct hr_json_writer *json) {
    struct timex clock = {.modes = 0};
    int state = adjtimex(&clock);
    if (state < 0) return;
    json_put_object(json, "clock");
    json_put_bool(json, "synchronized", state != TIME_ERROR && !(clock.status & STA_UNSYNC));
    json_put_double(json, "error_ms", (double)clock.maxerror / 1000, 3);
    hr_json_end(json);
}

void perf_environment_json(struct hr_json_writer *json) {
    json_put_object(json, "environment");
    put_machine(json);
    put_state(json);
    put_limits(json);
    put_clock(json);
    json_put_text(json, "headrace", hr_version_string());
    json_put_text(json, "commit", HR_COMMIT);
    json_put_text(json, "compiler", __VERSION__);
    json_put_text(json, "flags", HR_BUILD_FLAGS);
    json_put_text(json, "libc", gnu_get_libc_version());
    if (*command) json_put_text(json, "command", command);
    hr_json_end(json);
}
