/* headrace doctor: what this kernel, container and these limits allow. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>

#include <headrace/doctor.h>
#include <headrace/version.h>

#include "commands.h"
#include "json_put.h"
#include "output.h"
#include "own_file.h"

#define ITEMS_MAX 64

struct values {
    bool json;
};

static const struct option table[] = {
    {"json", NULL, OPTION_FLAG, offsetof(struct values, json), .help = "Print one JSON object"},
    {.name = NULL}};

/* The file that configures this command. */
static void look_at_configuration(const struct command_call *call, struct hr_doctor_item *item) {
    char path[OWN_FILE_SIZE], why[OPTION_WHY_SIZE] = "";
    *item = (struct hr_doctor_item){.name = "configuration", .verdict = HR_DOCTOR_OK};
    if (own_file_find(&call->common, path, why) != 0) *path = '\0'; /* it was there a moment ago */
    snprintf(item->value, sizeof item->value, "%.159s",
             *path                    ? path
             : call->common.no_config ? "none: --no-config says so"
                                      : "none: no headrace.yaml here, in ~/.config/headrace or in "
                                        "/etc/headrace");
    if (!*path || !own_file_is_mount(path, "/proc/self/mountinfo")) return;
    item->verdict = HR_DOCTOR_NOTE;
    snprintf(
        item->remedy, sizeof item->remedy,
        "it is a mount point itself, as by Kubernetes' subPath: a program that watches it never "
        "sees it change; mount the folder instead");
}

static const char *verdict_text(enum hr_doctor_verdict verdict) {
    switch (verdict) {
    case HR_DOCTOR_OK:
        return "ok";
    case HR_DOCTOR_NOTE:
        return "note";
    case HR_DOCTOR_FAIL:
        break;
    }
    return "fail";
}

/* The back end that an engine would run on and why: "epoll: io_uring is refused (EPERM)". */
static const char *backend_text(const struct hr_doctor_item *items, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(items[i].name, "backend") == 0) return items[i].value;
    return "";
}

static void print_text(const struct hr_doctor_item *items, size_t count, bool usable) {
    for (size_t i = 0; i < count; i++) {
        printf("%-5s %-18s %s\n", verdict_text(items[i].verdict), items[i].name, items[i].value);
        if (items[i].remedy[0]) printf("%24s %s\n", "->", items[i].remedy);
    }
    if (usable)
        printf("An engine can run here, on %s.\n", backend_text(items, count));
    else
        puts("An engine cannot run here.");
}

static size_t count_of(const struct hr_doctor_item *items, size_t count,
                       enum hr_doctor_verdict verdict) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++) found += items[i].verdict == verdict;
    return found;
}

/* As a number that every reader takes: an unlimited one is INT64_MAX. */
static void put_limit(struct hr_json_writer *json, const char *name, rlim_t limit) {
    json_put_u64(json, name, limit > (rlim_t)INT64_MAX ? (uint64_t)INT64_MAX : (uint64_t)limit);
}

static void put_limits(struct hr_json_writer *json) {
    struct rlimit files = {.rlim_cur = 0}, memlock = {.rlim_cur = 0};
    getrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_MEMLOCK, &memlock);
    json_put_object(json, "limits");
    put_limit(json, "open_files", files.rlim_cur);
    put_limit(json, "open_files_hard", files.rlim_max);
    put_limit(json, "memlock_bytes", memlock.rlim_cur);
    hr_json_end(json);
}

static void print_json(const struct hr_doctor_item *items, size_t count, bool usable) {
    struct hr_json_writer json;
    char window[OUTPUT_WINDOW];
    output_json_init(&json, window, stdout);
    hr_json_object(&json);
    json_put_text(&json, "version", hr_version_string());
    json_put_bool(&json, "usable", usable);
    json_put_array(&json, "items");
    for (size_t i = 0; i < count; i++) {
        hr_json_object(&json);
        json_put_text(&json, "name", items[i].name);
        json_put_text(&json, "verdict", verdict_text(items[i].verdict));
        json_put_text(&json, "value", items[i].value);
        json_put_text(&json, "remedy", items[i].remedy);
        hr_json_end(&json);
    }
    hr_json_end(&json);
    json_put_u64(&json, "failures", count_of(items, count, HR_DOCTOR_FAIL));
    json_put_u64(&json, "notes", count_of(items, count, HR_DOCTOR_NOTE));
    put_limits(&json);
    hr_json_key(&json, "error");
    if (usable) {
        hr_json_null(&json);
    } else {
        struct hr_error error = {0};
        hr_error_set(&error, -ENOTSUP, "an engine cannot run here: see the items");
        hr_json_object(&json);
        output_error_json(&json, &error, EXIT_ENVIRONMENT);
        hr_json_end(&json);
    }
    hr_json_end(&json);
    output_json_finish(&json, stdout);
}

static int run(const struct command_call *call) {
    const struct values *values = call->values;
    struct hr_doctor_item items[ITEMS_MAX];
    size_t count = hr_doctor(items, ITEMS_MAX);
    if (count >= ITEMS_MAX) count = ITEMS_MAX - 1;
    look_at_configuration(call, &items[count++]);
    bool usable = true;
    for (size_t i = 0; i < count; i++) usable = usable && items[i].verdict != HR_DOCTOR_FAIL;
    if (values->json)
        print_json(items, count, usable);
    else
        print_text(items, count, usable);
    return usable ? EXIT_DONE : EXIT_ENVIRONMENT;
}

const struct command command_doctor = {
    .path = "doctor",
    .arguments = "",
    .summary = "Show what this kernel, container and these limits allow",
    .details = "Exit code 3 says that an engine cannot run here; the remedy stands under the item.",
    .examples = "headrace doctor\n"
                "headrace doctor --json\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0}},
    .run = run,
};
