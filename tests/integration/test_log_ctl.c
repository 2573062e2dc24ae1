/* `headrace log ctl` against a log of this process: answers, exit codes, JSON. */
#include <jansson.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <headrace/log.h>

static char headrace[PATH_MAX], folder[] = "/tmp/headrace-log-ctl-XXXXXX", path[64];
static bool failed;

static void check(bool good, const char *name, const char *seen) {
    printf("%s: %s", good ? "ok" : "fail", name);
    if (!good) printf(": %.300s", seen);
    putchar('\n');
    failed = failed || !good;
}

/* Both outputs of the command, until the next call. */
static const char *run(const char *arguments, int *code) {
    static char text[1 << 16];
    char line[PATH_MAX + 256];
    snprintf(line, sizeof line, "%s log ctl %s 2>&1", headrace, arguments);
    FILE *pipe = popen(line, "r");
    size_t size = pipe ? fread(text, 1, sizeof text - 1, pipe) : 0;
    text[size] = 0;
    int status = pipe ? pclose(pipe) : -1;
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return text;
}

static const char *ask(const char *question, int *code) {
    char arguments[256];
    snprintf(arguments, sizeof arguments, "%s %s", path, question);
    return run(arguments, code);
}

static void check_levels(const hr_log *s3) {
    int code;
    const char *seen = ask("level", &code);
    check(code == 0 && strcmp(seen, "service INFO\nservice.s3 INFO\n") == 0, "level shows", seen);
    seen = ask("level warning,S3=debug", &code);
    check(code == 0 && strcmp(seen, "service WARNING\nservice.s3 DEBUG\n") == 0 &&
              hr_log_level_get(s3) == HR_LOG_DEBUG,
          "level sets", seen);
    seen = ask("level loud", &code);
    check(code == 2 && strstr(seen, "loud is no level: DEBUG, INFO"), "a wrong level is usage",
          seen);
    seen = ask("--json level loud", &code);
    json_t *error = json_loads(strchrnul(seen, '{'), JSON_DISABLE_EOF_CHECK, NULL);
    const char *name = "";
    check(code == 2 && error && json_unpack(error, "{s:{s:s}}", "error", "code", &name) == 0 &&
              strcmp(name, "EINVAL") == 0,
          "a wrong level in JSON", seen);
    json_decref(error);
}

static void check_status(hr_log *log, const char *file) {
    int code;
    HR_ERROR(log, "counted");
    const char *seen = ask("flush", &code);
    check(code == 0 && strcmp(seen, "flushed\n") == 0, "flush", seen);
    seen = ask("status", &code);
    check(code == 0 && strstr(seen, "\nmessages_processed 1\n"), "status", seen);
    seen = ask("status --json", &code);
    json_t *status = json_loads(seen, 0, NULL);
    int processed = 0;
    check(code == 0 && status &&
              json_unpack(status, "{s:{s:i}}", "statistics", "messages_processed", &processed) ==
                  0 &&
              processed == 1,
          "status in JSON", seen);
    json_decref(status);
    char moved[80];
    snprintf(moved, sizeof moved, "%s.1", file);
    rename(file, moved);
    seen = ask("reopen", &code);
    check(code == 0 && strcmp(seen, "reopened\n") == 0, "reopen", seen);
    check(access(file, F_OK) == 0, "the new file is there when it comes back", file);
    unlink(moved);
}

static void check_refusals(void) {
    int code;
    const char *seen = ask("stop", &code);
    check(code == 2 && strstr(seen, "none of status, level, reopen, flush"), "a verb", seen);
    seen = ask("status now", &code);
    check(code == 2 && strstr(seen, "takes no argument"), "an argument too many", seen);
    seen = run("/nowhere status", &code);
    check(code == 1 && strstr(seen, "No such file"), "nobody there", seen);
}

int main(int argc, char **argv) {
    const char *given = getenv("HR_HEADRACE");
    (void)argc;
    if (given)
        snprintf(headrace, sizeof headrace, "%s", given);
    else
        snprintf(headrace, sizeof headrace, "%.3000s/../../perf/headrace", dirname(argv[0]));
    if (!mkdtemp(folder)) return 1;
    snprintf(path, sizeof path, "%s/socket", folder);
    char file[64];
    snprintf(file, sizeof file, "%s/log", folder);
    struct hr_log_sink sink = {.kind = HR_LOG_SINK_FILE, .path = file};
    struct hr_log_options options = {
        .name = "service", .sinks = &sink, .sink_count = 1, .control_path = path};
    struct hr_error error = {0};
    hr_log *log, *s3;
    if (hr_log_new(&options, &error, &log) || hr_log_child(log, ".s3", &s3)) {
        printf("fail: a log: %s\n", error.message);
        return 1;
    }
    check_levels(s3);
    check_status(log, file);
    check_refusals();
    hr_log_free(s3);
    hr_log_close(log);
    int code;
    const char *seen = ask("status", &code);
    check(code == 1 && strstr(seen, "no log has its control_path there"), "closed", seen);
    unlink(file);
    rmdir(folder);
    return failed;
}
