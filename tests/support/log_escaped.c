/* Logs the strings that it reads, one in hexadecimal a line, each as a value of a call site, as a
 * value, a key and a message of hr_log_write: four lines of the log a string.
 *
 * usage: log_escaped text|json|logfmt FILE */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/log.h>

#define STRING_MAX 65536

static int digit(char byte) {
    return byte <= '9' ? byte - '0' : byte - 'a' + 10;
}

static void log_string(hr_log *log, struct hr_slice text) {
    struct hr_slice plain = hr_slice_of("plain");
    const struct hr_log_field value = {plain, hr_log_of_slice(text)},
                              key = {text, hr_log_of_slice(plain)};
    HR_INFO(log, "plain", "plain", text);
    hr_log_write(log, HR_LOG_INFO, plain, &value, 1);
    hr_log_write(log, HR_LOG_INFO, plain, &key, 1);
    hr_log_write(log, HR_LOG_INFO, text, NULL, 0);
}

int main(int argc, char **argv) {
    static char line[2 * STRING_MAX + 2], text[STRING_MAX];
    if (argc != 3) return 2;
    const struct hr_log_sink sink = {.kind = HR_LOG_SINK_FILE,
                                     .path = argv[2],
                                     .format = strcmp(argv[1], "json") == 0 ? HR_LOG_FORMAT_JSON
                                               : strcmp(argv[1], "logfmt") == 0
                                                   ? HR_LOG_FORMAT_LOGFMT
                                                   : HR_LOG_FORMAT_TEXT};
    const struct hr_log_options options = {
        .name = "test", .sinks = &sink, .sink_count = 1, .string_bytes_max = STRING_MAX};
    struct hr_error error = {0};
    hr_log *log;
    if (hr_log_new(&options, &error, &log) != 0) {
        fprintf(stderr, "log_escaped: %s\n", error.message);
        return 1;
    }
    while (fgets(line, sizeof line, stdin)) {
        size_t size = strcspn(line, "\n") / 2;
        for (size_t i = 0; i < size; i++)
            text[i] = (char)(digit(line[2 * i]) << 4 | digit(line[2 * i + 1]));
        log_string(log, hr_slice_bytes(text, size));
        hr_log_flush(log, -1); /* no record is dropped, however large */
    }
    return hr_log_close(log) == 0 ? 0 : 1;
}
