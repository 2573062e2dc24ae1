#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine.h"

#define MIB (UINT64_C(1) << 20)

static char root[] = "/tmp/hr-machine-XXXXXX";

static void put(const char *path, const char *text) {
    char whole[512];
    snprintf(whole, sizeof whole, "%s%s", root, path);
    for (char *slash = whole + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(whole, 0700);
        *slash = '/';
    }
    FILE *file = fopen(whole, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}

static void make_root(void) {
    cr_assert_not_null(mkdtemp(root));
}

static void remove_root(void) {
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", root);
    cr_assert_eq(system(command), 0);
}

TestSuite(machine, .init = make_root, .fini = remove_root);

Test(machine, without_a_cgroup_a_quarter_of_memory) {
    put("/proc/meminfo", "MemTotal:        8388608 kB\nMemFree: 1 kB\n");
    cr_assert_eq(hr__budget_default_bytes(root), 2048 * MIB);
    put("/proc/self/cgroup", "0::/\n");
    cr_assert_eq(hr__budget_default_bytes(root), 2048 * MIB);
}

Test(machine, the_smallest_limit_on_the_way_up_counts) {
    put("/proc/meminfo", "MemTotal:        8388608 kB\n");
    put("/proc/self/cgroup", "12:cpu:/elsewhere\n0::/a/b/c\n");
    put("/sys/fs/cgroup/a/b/c/memory.max", "max\n");
    put("/sys/fs/cgroup/a/b/memory.max", "1073741824\n");
    put("/sys/fs/cgroup/a/memory.max", "2147483648\n");
    cr_assert_eq(hr__budget_default_bytes(root), 256 * MIB);
    put("/sys/fs/cgroup/memory.max", "536870912\n"); /* a container's own root */
    cr_assert_eq(hr__budget_default_bytes(root), 128 * MIB);
}

Test(machine, a_limit_above_memory_does_not_count) {
    put("/proc/meminfo", "MemTotal:        1048576 kB\n");
    put("/proc/self/cgroup", "0::/a\n");
    put("/sys/fs/cgroup/a/memory.max", "99999999999999\n");
    cr_assert_eq(hr__budget_default_bytes(root), 256 * MIB);
}

static void make_nested_groups(void) {
    put("/proc/meminfo", "MemTotal:        8388608 kB\n");
    put("/proc/self/cgroup", "0::/a/b\n");
    put("/sys/fs/cgroup/a/memory.max", "1073741824\n");
}

/* What says nothing of use leaves it to the group above. */
Test(machine, limits_that_are_no_limits_do_not_count) {
    static const char *const texts[] = {
        "max\n",
        "0\n",
        "",
        "\n",
        "12abc\n",
        "-1\n",
        "18446744073709551615\n",
        "18446744073709551616\n",
        "99999999999999999999999999999999999999999\n",
    };
    make_nested_groups();
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        put("/sys/fs/cgroup/a/b/memory.max", texts[i]);
        cr_assert_eq(hr__budget_default_bytes(root), 256 * MIB, "\"%s\"", texts[i]);
    }
}

Test(machine, a_limit_that_cannot_be_read_does_not_count) {
    make_nested_groups();
    put("/sys/fs/cgroup/a/b/memory.max/in", "a folder: even root gets EISDIR\n");
    cr_assert_eq(hr__budget_default_bytes(root), 256 * MIB);
}

/* In a namespace of its own a container sees its group as the root. */
Test(machine, the_root_of_a_cgroup_namespace_may_have_a_limit) {
    make_nested_groups();
    put("/proc/self/cgroup", "0::/\n");
    cr_assert_eq(hr__budget_default_bytes(root), 2048 * MIB);
    put("/sys/fs/cgroup/memory.max", "268435456\n");
    cr_assert_eq(hr__budget_default_bytes(root), 64 * MIB);
}

/* Version 1 has no memory.max: physical memory counts. */
Test(machine, version_1_alone_says_nothing) {
    make_nested_groups();
    put("/proc/self/cgroup", "9:memory:/a/b\n1:name=systemd:/a/b\n");
    put("/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "1048576\n");
    cr_assert_eq(hr__budget_default_bytes(root), 2048 * MIB);
}

Test(machine, without_meminfo_the_c_library_is_asked) {
    put("/proc/self/cgroup", "0::/a\n");
    uint64_t bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    cr_assert_eq(hr__budget_default_bytes(root), bytes / 4);
}

Test(machine, files_are_read_whole_or_cut) {
    char text[8], path[512];
    put("/x", "abcdefghij\n");
    snprintf(path, sizeof path, "%s/x", root);
    cr_assert_eq(hr__read_file(path, text, sizeof text), 7);
    cr_assert_str_eq(text, "abcdefg");
    snprintf(path, sizeof path, "%s/none", root);
    cr_assert_eq(hr__read_file(path, text, sizeof text), -ENOENT);
}
