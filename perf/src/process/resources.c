/* getrusage, /proc, rlimits, affinity. */
#include "resources.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static uint64_t timeval_ns(struct timeval time) {
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_usec * 1000u;
}

uint64_t perf_cpu_ns(void) {
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
    return timeval_ns(usage.ru_utime) + timeval_ns(usage.ru_stime);
}

bool perf_rss_peak_reset(void) {
    int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool done = write(fd, "5", 1) == 1; /* proc(5): since Linux 4.0, resets VmHWM */
    close(fd);
    return done;
}

/* The value of a line "FIELD: 123 kB" of a file of /proc; 0: there is none. */
static uint64_t read_field(const char *path, const char *field) {
    char line[256];
    unsigned long long kib = 0;
    size_t size = strlen(field);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, field, size) == 0 && sscanf(line + size, ": %llu kB", &kib) == 1) break;
    if (file) fclose(file);
    return kib << 10;
}

uint64_t perf_memory_bytes(const char *field) {
    return read_field("/proc/self/smaps_rollup", field);
}

uint64_t perf_rss_bytes(void) {
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file && fscanf(file, "%*u %llu", &pages) != 1) pages = 0;
    if (file) fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t perf_rss_peak_bytes(void) {
    uint64_t bytes = read_field("/proc/self/status", "VmHWM");
    struct rusage usage;
    if (bytes) return bytes;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss << 10 : 0;
}

static unsigned entries_of(const char *folder) {
    DIR *directory = opendir(folder);
    unsigned count = 0;
    if (!directory) return 0;
    for (struct dirent *entry; (entry = readdir(directory));) count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

unsigned perf_descriptors(void) {
    return entries_of("/proc/self/fd");
}

unsigned perf_threads(void) {
    return entries_of("/proc/self/task");
}

int perf_files_raise(uint64_t needed, uint64_t *hard) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -errno;
    *hard = limit.rlim_max;
    if (limit.rlim_cur >= needed) return 0;
    if (limit.rlim_max < needed) return -EMFILE;
    limit.rlim_cur = needed;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? 0 : -errno;
}

void perf_files_raise_all(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

unsigned perf_cores(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

void perf_cores_leave(unsigned count) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0 || (unsigned)CPU_COUNT(&set) <= count) return;
    for (size_t core = 0; core < CPU_SETSIZE && count; core++) {
        if (!CPU_ISSET(core, &set)) continue;
        CPU_CLR(core, &set);
        count--;
    }
    sched_setaffinity(0, sizeof set, &set);
}
